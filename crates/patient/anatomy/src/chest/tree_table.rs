//! A tree of airways as a table, and back.

use proband_core::{Column, Table};

use super::tree::{AirwayBranch, AirwayTree};
use crate::AnatomyError;

/// Name of the table.
pub const AIRWAY_TABLE: &str = "airways";

impl AirwayTree {
    /// One row for each point: branch, its parent (−1 for the trachea), generation, place, radius.
    ///
    /// # Errors
    /// [`AnatomyError::Table`] when the table does not take a column; that does not happen.
    pub fn to_table(&self) -> Result<Table, AnatomyError> {
        let (mut branch, mut parent, mut generation, mut radius) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut places: [Vec<f64>; 3] = Default::default();
        for (at, own) in self.branches.iter().enumerate() {
            for (p, r) in own.points_m.iter().zip(&own.radius_m) {
                branch.push(at as i64);
                parent.push(own.parent.map_or(-1, |p| p as i64));
                generation.push(i64::from(own.generation));
                places.iter_mut().zip(p).for_each(|(all, v)| all.push(*v));
                radius.push(*r);
            }
        }
        let mut table = Table::new(AIRWAY_TABLE);
        let mut push = |name, unit, frame, column| table.push(name, unit, frame, "airways from CT", column).map_err(wrong);
        push("branch", "1", "", Column::I64(branch))?;
        push("parent", "1", "", Column::I64(parent))?;
        push("generation", "1", "", Column::I64(generation))?;
        let [x, y, z] = places;
        push("x_m", "m", "patient", Column::F64(x))?;
        push("y_m", "m", "patient", Column::F64(y))?;
        push("z_m", "m", "patient", Column::F64(z))?;
        push("radius_m", "m", "", Column::F64(radius))?;
        Ok(table)
    }

    /// The tree of a table as [`Self::to_table`] makes it: branches counted from 0, each row of a branch after the last.
    ///
    /// # Errors
    /// [`AnatomyError::Table`] for a missing column or branches out of order, [`AnatomyError::Tree`] for what is no tree.
    pub fn from_table(table: &Table) -> Result<Self, AnatomyError> {
        let whole = |name| table.i64s(name).map_err(wrong);
        let real = |name| table.f64s(name).map_err(wrong);
        let (branch, parent, generation) = (whole("branch")?, whole("parent")?, whole("generation")?);
        let (x, y, z, radius) = (real("x_m")?, real("y_m")?, real("z_m")?, real("radius_m")?);
        let mut branches: Vec<AirwayBranch> = Vec::new();
        for row in 0..table.row_count() {
            let new = branch[row] == branches.len() as i64;
            if !new && branch[row] + 1 != branches.len() as i64 {
                return Err(AnatomyError::Table { what: format!("row {row}: branch {} is out of order", branch[row]) });
            }
            if new {
                let parent = usize::try_from(parent[row]).ok();
                let generation = u32::try_from(generation[row])
                    .map_err(|_| AnatomyError::Table { what: format!("row {row}: generation {}", generation[row]) })?;
                branches.push(AirwayBranch { parent, generation, points_m: Vec::new(), radius_m: Vec::new() });
            }
            if let Some(last) = branches.last_mut() {
                last.points_m.push([x[row], y[row], z[row]]);
                last.radius_m.push(radius[row]);
            }
        }
        Self::new(branches)
    }
}

fn wrong(error: proband_core::CoreError) -> AnatomyError {
    AnatomyError::Table { what: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ChestPhantomSpec, chest_phantom};

    /// Give the same tree back, and refuse a table with a branch left out.
    #[test]
    fn a_tree_survives_its_table() {
        let spec = ChestPhantomSpec { size: [40, 40, 30], generations: 4, ..ChestPhantomSpec::reference() };
        let tree = AirwayTree::from_phantom(&chest_phantom(&spec, &mut || 0.2).unwrap().branches).unwrap();
        let table = tree.to_table().unwrap();
        assert_eq!(AirwayTree::from_table(&table).unwrap(), tree);
        assert!(AirwayTree::from_table(&Table::new("airways")).is_err());
        let cut = AirwayTree { branches: tree.branches[1..].to_vec() };
        assert!(AirwayTree::from_table(&cut.to_table().unwrap()).is_err());
    }
}
