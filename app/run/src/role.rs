mod kind;
mod layer;
mod table;

pub use kind::{Role, RoleOverrides};
pub use layer::{LayerParameter, layer_parameter_of_key, natural_cmp};
pub use table::role_of_key;
