//! The settings of the views of trajectories, landscapes, importance and files of views.
