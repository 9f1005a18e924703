//! Point clouds: given point by point, or as the cells of matrices above a threshold.

use std::sync::Arc;

use super::record::Describe;
use crate::colour::{Colour, ColourMap};

/// A point cloud, limited in size only by the adapter's memory.
#[derive(Clone, Debug)]
pub struct Cloud {
    /// Name of the points.
    pub name: String,
    /// Source of the points.
    pub work: CloudWork,
    /// How values map to colours.
    pub colour: CloudColour,
    /// How values map to sizes.
    pub size: CloudSize,
    /// Whether the points are also projected onto the floor.
    pub floor_projection: bool,
    /// 0 (invisible) to 1 (opaque).
    pub opacity: f32,
    /// Describes the point under the cursor.
    pub records: Option<Arc<dyn Describe>>,
    /// The step of each of [`CloudWork::Points`], for clipping at the current step; empty if points have no step.
    pub steps: Arc<[f64]>,
}

/// Source of a cloud's points.
#[derive(Clone, Debug)]
pub enum CloudWork {
    /// Given point by point.
    Points(Arc<[CloudPoint]>),
    /// The cells of matrices that are above a threshold, found by a compute pass.
    Cells(CellCloud),
}

/// One point.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
pub struct CloudPoint {
    /// Position in the unit box.
    pub position_unit: [f32; 3],
    /// 0 to 1 under [`CloudColour::Map`]; see [`CloudPoint::from_rgb`] for [`CloudColour::Rgb`].
    pub value: f32,
}

impl CloudPoint {
    /// A point with an RGB colour, stored in the bits of the value.
    #[must_use]
    pub fn from_rgb(position_unit: [f32; 3], [r, g, b]: [u8; 3]) -> Self {
        Self {
            position_unit,
            value: f32::from_bits(u32::from_le_bytes([r, g, b, 0])),
        }
    }

    /// The colour that [`CloudPoint::from_rgb`] was given.
    #[must_use]
    pub fn rgb(&self) -> [u8; 3] {
        let [r, g, b, _] = self.value.to_bits().to_le_bytes();
        [r, g, b]
    }
}

/// How the values of a cloud's points map to colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloudColour {
    /// A position in a colour map.
    Map(ColourMap),
    /// The colour itself, see [`CloudPoint::from_rgb`].
    Rgb,
}

impl CloudColour {
    /// The colour of a point.
    #[must_use]
    pub fn of(self, point: &CloudPoint) -> Colour {
        match self {
            Self::Map(map) => map.colour(point.value),
            Self::Rgb => Colour {
                rgb: point.rgb(),
                alpha: 255,
            },
        }
    }
}

/// How the values of a cloud's points map to sizes. Diameters are in points (1/72 inch).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CloudSize {
    /// Constant size.
    Constant(f32),
    /// From the first diameter at value 0 to the second at value 1; linear in area.
    ByValue([f32; 2]),
    /// From the first diameter at value 0.5 to the second at values 0 and 1; linear in diameter.
    ByMagnitude([f32; 2]),
}

/// The cells of matrices above a threshold: position by row and column, height and colour by value.
#[derive(Clone, Debug)]
pub struct CellCloud {
    /// Matrices one after another, each row-major.
    pub weights: Arc<[f32]>,
    /// Rows of each matrix, along x.
    pub rows: u32,
    /// Columns of each matrix, along y.
    pub columns: u32,
    /// Position of each matrix on the floor.
    pub panels: Arc<[Panel]>,
    /// Cells that are not above it are omitted.
    pub threshold: f32,
    /// Height and value of a weight: `scale * w + offset`, with the binary logarithm of w where `log`.
    pub height: Height,
}

/// How a cell's weight becomes its height.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Height {
    /// Factor.
    pub scale: f32,
    /// Offset.
    pub offset: f32,
    /// Whether the height is of the binary logarithm of the weight.
    pub log: bool,
}

/// A matrix's position on the floor of the unit box.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
pub struct Panel {
    /// Centre of the first cell.
    pub origin_unit: [f32; 2],
    /// From a row to the next along x, from a column to the next along y.
    pub step_unit: [f32; 2],
}

impl CellCloud {
    /// The point of a cell, by its index in `weights`.
    #[must_use]
    pub fn point(&self, index: usize) -> CloudPoint {
        let (rows, columns) = (self.rows as usize, self.columns as usize);
        let panel = &self.panels[index / (rows * columns)];
        let (row, column) = (index / columns % rows, index % columns);
        let weight = self.weights[index];
        let of_height = if self.height.log {
            weight.max(f32::MIN_POSITIVE).log2()
        } else {
            weight
        };
        let value = (of_height * self.height.scale + self.height.offset).clamp(0.0, 1.0);
        CloudPoint {
            position_unit: [
                panel.origin_unit[0] + row as f32 * panel.step_unit[0],
                panel.origin_unit[1] + column as f32 * panel.step_unit[1],
                value,
            ],
            value,
        }
    }

    /// Indices of the cells above the threshold, ascending. NaN is never above.
    pub fn above(&self) -> impl Iterator<Item = usize> + '_ {
        self.weights
            .iter()
            .enumerate()
            .filter(|(_, weight)| **weight > self.threshold)
            .map(|(index, _)| index)
    }
}

impl Cloud {
    /// Number of points; of a cell cloud, the cells above the threshold.
    #[must_use]
    pub fn points(&self) -> usize {
        match &self.work {
            CloudWork::Points(points) => points.len(),
            CloudWork::Cells(cells) => cells.above().count(),
        }
    }

    /// The diameter of a point.
    #[must_use]
    pub fn diameter_pt(&self, point: &CloudPoint) -> f32 {
        let value = match self.colour {
            CloudColour::Map(_) => point.value.clamp(0.0, 1.0),
            // The value is the colour.
            CloudColour::Rgb => 0.0,
        };
        let ([low, high], share) = match self.size {
            CloudSize::Constant(diameter_pt) => return diameter_pt,
            CloudSize::ByValue(diameters_pt) => (diameters_pt, value),
            CloudSize::ByMagnitude(diameters_pt) if self.colour == CloudColour::Rgb => {
                return diameters_pt[0];
            }
            CloudSize::ByMagnitude(diameters_pt) => (diameters_pt, (2.0 * (value - 0.5)).powi(2)),
        };
        (low * low + (high * high - low * low) * share).sqrt()
    }

    /// The position of the point with this index (as in [`Cloud::for_each`]).
    #[must_use]
    pub fn place(&self, index: usize) -> Option<[f32; 3]> {
        match &self.work {
            CloudWork::Points(points) => points.get(index).map(|point| point.position_unit),
            CloudWork::Cells(cells) => {
                (index < cells.weights.len()).then(|| cells.point(index).position_unit)
            }
        }
    }

    /// Calls `visit` with the index and the point of each; a cell's index is that in its weights.
    pub fn for_each(&self, mut visit: impl FnMut(usize, CloudPoint)) {
        match &self.work {
            CloudWork::Points(points) => {
                for (index, point) in points.iter().enumerate() {
                    visit(index, *point);
                }
            }
            CloudWork::Cells(cells) => {
                for index in cells.above() {
                    visit(index, cells.point(index));
                }
            }
        }
    }
}
