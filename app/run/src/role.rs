mod kind;
mod layer;
mod matching;
mod table;
#[cfg(test)]
mod trainers;

pub use kind::{Role, RoleOverrides};
pub use layer::{LayerParameter, layer_parameter_of_key, natural_cmp};
pub use matching::{names_held_out_data, role_of_key};
