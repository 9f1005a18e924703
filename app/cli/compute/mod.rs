//! `compute`: one pass on a file.

mod interpolate;
mod projection;

use super::{
    Outcome,
    args::{ComputeArgs, Pass},
};

pub(super) use projection::{ProjectArgs, TsneArgs, UmapArgs};

pub(super) fn run(args: &ComputeArgs) -> anyhow::Result<Outcome> {
    match &args.pass {
        Pass::Interpolate(args) => interpolate::run(args),
        Pass::Pca(args) => projection::pca(args),
        Pass::Tsne(args) => projection::tsne(args),
        Pass::Umap(args) => projection::umap(args),
    }
}
