//! The committed table of kernels: built by the Monte Carlo engine, read once.

use std::fmt::Write as _;
use std::sync::OnceLock;

use crate::ledger::{Ledger, LedgerSpec};
use crate::{Layer, LightError, MonteCarlo, SkinOptics, TissueSpec};

/// Fat under the reference skin while the profiles are made [m]: more than any vein needs.
pub(crate) const PROFILE_FAT_M: f64 = 18e-3;
const TEXT: &str = include_str!("../data/kernels.txt");

/// Kernels of the reference optics at 850 nm, by depth, size and pigment.
#[derive(Clone, Debug, PartialEq)]
pub struct KernelTable {
    /// Absorption of the epidermis times its thickness [1], rising.
    pub(crate) pigment: Vec<f64>,
    /// Fat thickness of the background rows [m], rising.
    pub(crate) fat_m: Vec<f64>,
    /// Fat above the lumen [m], rising.
    pub(crate) fat_above_m: Vec<f64>,
    /// Semi-axis across [m], rising.
    pub(crate) semi_h_m: Vec<f64>,
    /// Semi-axis along depth [m], rising.
    pub(crate) semi_v_m: Vec<f64>,
    /// Distance of the place seen from the vein's axis [m], rising from 0.
    pub(crate) offset_m: Vec<f64>,
    /// Diffuse reflectance, shape [fat_m, pigment].
    pub(crate) background: Vec<f64>,
    /// Contrast of a sheet 3 mm thick, shape [pigment, fat_above_m].
    pub(crate) sheet: Vec<f64>,
    /// Contrast of veins, shape [fat_above_m, semi_h_m, semi_v_m, offset_m].
    pub(crate) profile: Vec<f64>,
    /// Contrast of a sheet of blood over that of fat that absorbs like blood [1]: what the profiles leave out
    /// (index 1.37 against 1.44, less scattering).
    pub(crate) blood_factor: f64,
    /// Blood's absorption beyond fat's over that of the reference [1], rising.
    pub(crate) blood_level: Vec<f64>,
    /// Contrast of veins over that with the reference's blood, of the sum over offsets, shape [blood_level, fat_above_m, semi_h_m,
    /// semi_v_m].
    pub(crate) response: Vec<f64>,
}

/// Row of `pigment` at which the profiles are made.
pub(crate) const PROFILE_PIGMENT: usize = 2;

fn millimetres(values: &[f64]) -> Vec<f64> {
    values.iter().map(|v| v * 1e-3).collect()
}

/// Two sheets at 1 mm of fat, one of blood and one of fat with its absorption, by the engine.
fn blood_factor(photon_count: u64, seed: u64) -> Result<f64, LightError> {
    let optics = SkinOptics::reference(850.0, 0.03);
    let blood = optics.blood_layer(3e-3);
    let alike = Layer { absorption_per_m: blood.absorption_per_m, ..optics.fat_layer(3e-3) };
    let run = MonteCarlo { photon_count: 3 * photon_count, seed, half_width_m: 0.0, bin_count: 0 };
    let mut reflected = [0.0; 3];
    for (sum, sheet) in reflected.iter_mut().zip([optics.fat_layer(3e-3), blood, alike]) {
        let mut layers = optics.layers(3e-3);
        layers[2].thickness_m = 1e-3;
        layers.splice(3..3, [sheet, optics.fat_layer(3e-3)]);
        *sum = run.run(&TissueSpec::in_air(layers))?.diffuse_reflectance.mean;
    }
    Ok((reflected[0] - reflected[1]) / (reflected[0] - reflected[2]))
}

/// What the profiles are made of.
fn profile_spec(photon_count: u64, seed: u64) -> LedgerSpec {
    LedgerSpec {
        photon_count,
        seed,
        fat_above_m: millimetres(&[0.1, 0.5, 1.0, 1.75, 2.75, 4.0, 5.5, 7.5, 10.0]),
        semi_h_m: millimetres(&[0.5, 1.0, 1.75, 2.75, 4.0]),
        semi_v_m: millimetres(&[0.4, 0.8, 1.4, 2.2, 3.2]),
        offset_m: millimetres(&[0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0, 7.0, 8.0, 9.0, 10.0, 12.0, 14.0]),
        pigment: vec![0.0, 0.02, 0.05, 0.09, 0.15, 0.21, 0.30, 0.42, 0.6, 0.9],
        profile_pigment: PROFILE_PIGMENT,
        blood_level: Vec::new(),
    }
}

/// What the answers to other absorptions of blood are made of: ratios of the same paths hold little noise, so that few offsets do.
fn response_spec(profiles: &LedgerSpec) -> LedgerSpec {
    LedgerSpec {
        seed: profiles.seed.wrapping_add(3),
        offset_m: millimetres(&[0.0, 1.0, 2.0, 3.5]),
        blood_level: vec![0.12, 0.3, 0.5, 0.75, 1.0, 1.3, 1.7, 2.3, 3.2],
        ..profiles.clone()
    }
}

impl KernelTable {
    /// Build the table anew from photon paths: `photon_count` for the profiles, as many for each background row.
    ///
    /// Some five minutes of one processor for 300 000 photons.
    /// # Errors
    /// [`LightError`] for no photons.
    pub fn build(photon_count: u64, seed: u64) -> Result<Self, LightError> {
        let reference = SkinOptics::reference(850.0, 0.1);
        let fat_m = millimetres(&[0.5, 1.0, 2.0, 3.5, 6.0, 10.0, 18.0]);
        let spec = profile_spec(photon_count, seed);
        let kept = Ledger::build(&reference, PROFILE_FAT_M, &spec)?;
        let mut background = Vec::new();
        let bare = LedgerSpec { fat_above_m: Vec::new(), seed: seed.wrapping_add(1), ..spec.clone() };
        for fat in &fat_m {
            background.extend(Ledger::build(&reference, *fat, &bare)?.background);
        }
        let blood_factor = blood_factor(photon_count, seed.wrapping_add(2))?;
        let response_spec = response_spec(&spec);
        let response = Self::response(&reference, &response_spec)?;
        Ok(Self {
            blood_factor,
            blood_level: response_spec.blood_level,
            response,
            pigment: spec.pigment,
            fat_m,
            fat_above_m: spec.fat_above_m,
            semi_h_m: spec.semi_h_m,
            semi_v_m: spec.semi_v_m,
            offset_m: spec.offset_m,
            background,
            sheet: kept.sheet,
            profile: kept.profile,
        })
    }

    /// What other absorptions of blood make of the veins' contrast, over the reference's; 1 where no path met a vein.
    fn response(reference: &SkinOptics, spec: &LedgerSpec) -> Result<Vec<f64>, LightError> {
        let kept = Ledger::build(reference, PROFILE_FAT_M, spec)?;
        let veins = kept.levels.len() / spec.blood_level.len();
        let at_reference: Vec<f64> = kept.profile.chunks(spec.offset_m.len()).map(|p| p.iter().sum()).collect();
        let over = |(i, dark): (usize, &f64)| if at_reference[i % veins] > 0.0 { dark / at_reference[i % veins] } else { 1.0 };
        Ok(kept.levels.iter().enumerate().map(over).collect())
    }

    /// The table as text: a name, then its numbers, one row of the last index per line.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        let mut add = |name: &str, values: &[f64], columns: usize, digits: usize| {
            let _ = writeln!(out, "{name} {}", values.len());
            for row in values.chunks(columns.max(1)) {
                let words: Vec<String> = row.iter().map(|v| format!("{v:.digits$}")).collect();
                let _ = writeln!(out, "{}", words.join(" "));
            }
        };
        for (name, values) in self.axes() {
            add(name, values, values.len(), 6);
        }
        add("background", &self.background, self.pigment.len(), 5);
        add("sheet", &self.sheet, self.fat_above_m.len(), 5);
        add("profile", &self.profile, self.offset_m.len(), 5);
        add("blood_factor", &[self.blood_factor], 1, 5);
        add("blood_level", &self.blood_level, self.blood_level.len(), 6);
        add("response", &self.response, self.semi_v_m.len(), 5);
        out
    }

    fn axes(&self) -> [(&'static str, &Vec<f64>); 6] {
        [
            ("pigment", &self.pigment),
            ("fat_m", &self.fat_m),
            ("fat_above_m", &self.fat_above_m),
            ("semi_h_m", &self.semi_h_m),
            ("semi_v_m", &self.semi_v_m),
            ("offset_m", &self.offset_m),
        ]
    }

    /// Read a table that [`KernelTable::to_text`] wrote; lines that begin with `#` are skipped.
    ///
    /// # Errors
    /// [`LightError::BadKernels`] with the line.
    pub fn parse(text: &str) -> Result<Self, LightError> {
        let mut reader = Reader { lines: text.lines().enumerate(), line: 0 };
        let table = Self {
            pigment: reader.block("pigment")?,
            fat_m: reader.block("fat_m")?,
            fat_above_m: reader.block("fat_above_m")?,
            semi_h_m: reader.block("semi_h_m")?,
            semi_v_m: reader.block("semi_v_m")?,
            offset_m: reader.block("offset_m")?,
            background: reader.block("background")?,
            sheet: reader.block("sheet")?,
            profile: reader.block("profile")?,
            blood_factor: reader.block("blood_factor")?[0],
            blood_level: reader.block("blood_level")?,
            response: reader.block("response")?,
        };
        for (name, axis) in table.axes().into_iter().chain([("blood_level", &table.blood_level)]) {
            if axis.len() < 2 || axis.windows(2).any(|w| w[0] >= w[1]) {
                return Err(reader.bad(format!("{name} does not rise")));
            }
        }
        let veins = table.fat_above_m.len() * table.semi_h_m.len() * table.semi_v_m.len();
        if !(table.blood_level[0] > 0.0 && table.response.iter().all(|r| *r > 0.0)) {
            return Err(reader.bad("blood_level and response must be above 0".into()));
        }
        let fits = table.background.len() == table.fat_m.len() * table.pigment.len()
            && table.sheet.len() == table.pigment.len() * table.fat_above_m.len()
            && table.profile.len() == veins * table.offset_m.len()
            && table.response.len() == veins * table.blood_level.len()
            && table.pigment.len() > PROFILE_PIGMENT;
        if fits { Ok(table) } else { Err(reader.bad("the blocks do not fit the axes".into())) }
    }

    /// The committed table.
    ///
    /// # Errors
    /// [`LightError::BadKernels`] when the committed file is damaged.
    pub fn builtin() -> Result<&'static Self, LightError> {
        static TABLE: OnceLock<Result<KernelTable, LightError>> = OnceLock::new();
        TABLE.get_or_init(|| Self::parse(TEXT)).as_ref().map_err(Clone::clone)
    }
}

struct Reader<'a> {
    lines: std::iter::Enumerate<std::str::Lines<'a>>,
    line: u32,
}

impl Reader<'_> {
    fn bad(&self, what: String) -> LightError {
        LightError::BadKernels { line: self.line, what }
    }

    fn next_line(&mut self) -> Result<String, LightError> {
        for (index, line) in self.lines.by_ref() {
            self.line = index as u32 + 1;
            if !line.starts_with('#') && !line.trim().is_empty() {
                return Ok(line.to_string());
            }
        }
        Err(self.bad("the table ends too early".into()))
    }

    fn block(&mut self, name: &str) -> Result<Vec<f64>, LightError> {
        let head = self.next_line()?;
        let count = head
            .split_once(' ')
            .filter(|(word, _)| *word == name)
            .and_then(|(_, count)| count.trim().parse::<usize>().ok())
            .filter(|count| (1..=1_000_000).contains(count))
            .ok_or_else(|| self.bad(format!("expected \"{name}\" and a count")))?;
        let mut values = Vec::new();
        while values.len() < count {
            for word in self.next_line()?.split_whitespace() {
                match word.parse::<f64>() {
                    Ok(value) if value.is_finite() => values.push(value),
                    _ => return Err(self.bad(format!("\"{word}\" is not a number"))),
                }
            }
        }
        if values.len() == count { Ok(values) } else { Err(self.bad(format!("{name} has {} numbers instead of {count}", values.len()))) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Write and read a table without loss beyond the printed digits.
    #[test]
    fn the_committed_table_survives_a_round_trip() {
        let table = KernelTable::builtin().unwrap();
        assert_eq!(&KernelTable::parse(&table.to_text()).unwrap(), table);
    }

    /// Build a small table and find the same bits from any number of threads.
    #[test]
    fn building_does_not_depend_on_threads() {
        let build = |threads: usize| {
            rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| KernelTable::build(400, 7).unwrap())
        };
        let one = build(1);
        assert_eq!(one, build(3));
        assert!(one.background.iter().all(|r| (0.0..1.0).contains(r)));
    }

    proptest! {
        /// Read any text to a table or an error.
        #[test]
        fn any_text_is_a_table_or_an_error(text in "[a-z_ 0-9.\n-]{0,200}") {
            let _ = KernelTable::parse(&text);
        }
    }
}
