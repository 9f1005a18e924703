//! `compute`: interpolation or projection of the data in a file.

mod interpolate;
mod projection;

use clap::Subcommand;

use self::{
    interpolate::InterpolateArgs,
    projection::{ProjectArgs, TsneArgs, UmapArgs},
};
use super::outcome::Outcome;

#[derive(Debug, clap::Args)]
pub(super) struct ComputeArgs {
    #[command(subcommand)]
    pass: Pass,
}

#[derive(Debug, Subcommand)]
enum Pass {
    /// Interpolate scattered samples (columns x, y, z) onto a grid over their bounding box.
    Interpolate(InterpolateArgs),
    /// Project a matrix onto its principal components.
    Pca(ProjectArgs),
    /// Project a matrix by t-SNE.
    Tsne(TsneArgs),
    /// Project a matrix by UMAP.
    Umap(UmapArgs),
}

pub(super) fn run(args: &ComputeArgs) -> anyhow::Result<Outcome> {
    match &args.pass {
        Pass::Interpolate(args) => interpolate::run(args),
        Pass::Pca(args) => projection::pca(args),
        Pass::Tsne(args) => projection::tsne(args),
        Pass::Umap(args) => projection::umap(args),
    }
}
