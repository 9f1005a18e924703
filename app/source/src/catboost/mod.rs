//! CatBoost's folder `catboost_info`: the metrics of the training and test data by iteration.

mod format;
mod place;
mod table;

pub(crate) use format::CATBOOST;
