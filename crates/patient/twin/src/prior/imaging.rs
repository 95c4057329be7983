//! What light and sound meet.

use proband_core::{Distribution, Status, ops};

use crate::parameter::{List, around, bell, between};
use crate::{Person, Sex};

const LISTER: &str = "spread prior: unverified; published skin coefficients disagree by orders of magnitude (Lister 2012, J Biomed Opt 17)";
const SOUND: &str = "compilations of tissue acoustics (ranges published); spread of the attenuation about twofold (Madsen)";

/// Melanosome fraction from the individual typology angle: ln f falls linearly from 35 % at −50° to 2.5 % at 55°.
///
/// Prior: unverified; passes through the bins that are quoted for lightly, moderately and darkly pigmented skin.
fn melanin_of_ita(ita_deg: f64) -> f64 {
    (0.025 * ops::exp(ops::ln(0.35 / 0.025) * (55.0 - ita_deg) / 105.0)).clamp(0.01, 0.43)
}

fn melanin(list: &mut List, person: &Person) {
    let name = "optics.melanin_fraction";
    if let Some(f) = person.melanin_fraction {
        let sd = 0.07 * f;
        let range = Distribution::TruncatedNormal { mean: f, sd, low: (f - 3.0 * sd).max(1e-4), high: (f + 3.0 * sd).min(0.5) };
        list.add(name, "1", range, Status::Measured, "melanin index of this person; 7 % error of the instrument is a prior: unverified");
    } else if let Some(ita) = person.ita_deg {
        let f = melanin_of_ita(ita);
        list.add(
            name,
            "1",
            Distribution::TruncatedNormal { mean: f, sd: 0.3 * f, low: 0.3 * f, high: (2.0 * f).min(0.5) },
            Status::Prior,
            "individual typology angle of this person; the relation is a prior: unverified",
        );
    } else {
        list.add(
            name,
            "1",
            Distribution::TruncatedNormal { mean: 0.10, sd: 0.12, low: 0.013, high: 0.43 },
            Status::Prior,
            "pigment not measured: range 1.3 to 43 % (upper end Jacques 2013, Phys Med Biol 58:R37), shape prior: unverified",
        );
    }
}

pub(super) fn add_optics(list: &mut List, person: &Person) {
    melanin(list, person);
    list.add(
        "optics.melanosome_formula",
        "1",
        between(0.0, 3.0),
        Status::Prior,
        "0 to 1, 1 to 2, 2 to 3: which of three published formulas holds is not known (Jacques 1998; OMLC; Jacques 2013)",
    );
    list.guess("optics.melanosome_scale", "1", around(1.0, 0.3));
    list.guess("optics.dermis_blood_fraction", "1", around(0.002, 0.4));
    list.guess("optics.dermis_saturation", "1", bell(0.70, 0.08));
    list.guess("optics.vein_saturation", "1", bell(0.70, 0.08));
    let haemoglobin = match person.sex {
        Sex::Male => 150.0,
        Sex::Female => 135.0,
        Sex::Unknown => 142.0,
    } - if person.conditions.chronic_kidney_disease { 20.0 } else { 0.0 };
    list.guess("blood.haemoglobin_kg_m3", "kg/m3", bell(haemoglobin, 11.0));
    for tissue in ["skin", "fat", "muscle", "blood"] {
        list.add(format!("optics.{tissue}_scattering_factor"), "1", around(1.0, 0.18), Status::Prior, LISTER);
    }
    for tissue in ["fat", "muscle"] {
        list.add(format!("optics.{tissue}_absorption_factor"), "1", around(1.0, 0.35), Status::Prior, LISTER);
    }
    list.guess("optics.skin_index", "1", between(1.38, 1.42));
    list.guess("optics.fat_index", "1", between(1.44, 1.455));
    list.guess("optics.muscle_index", "1", between(1.37, 1.41));
    list.guess("optics.mottle_relative", "1", around(0.03, 0.35));
    list.guess("optics.mottle_length_m", "m", between(2.0e-3, 8.0e-3));
    list.guess("optics.texture_relative", "1", around(0.02, 0.3));
    list.guess("optics.hair_density_per_m2", "1/m2", if person.sex == Sex::Male { around(8_000.0, 0.8) } else { around(1_500.0, 0.8) });
}

pub(super) fn add_sound(list: &mut List) {
    for (tissue, low, high, status) in [
        ("skin", 1595.0, 1730.0, Status::Published),
        ("fat", 1440.0, 1460.0, Status::Published),
        ("muscle", 1576.0, 1588.0, Status::Published),
        ("blood", 1570.0, 1584.0, Status::Published),
        ("vessel_wall", 1570.0, 1600.0, Status::Prior),
    ] {
        list.add(format!("sound.{tissue}.speed_m_s"), "m/s", between(low, high), status, SOUND);
    }
    for tissue in ["skin", "fat", "muscle", "blood", "vessel_wall"] {
        let sigma = if tissue == "blood" { 0.1 } else { 0.3 };
        list.add(format!("sound.{tissue}.attenuation_factor"), "1", around(1.0, sigma), Status::Prior, SOUND);
        list.guess(format!("sound.{tissue}.echogenicity_db"), "dB", bell(0.0, 2.5));
    }
}
