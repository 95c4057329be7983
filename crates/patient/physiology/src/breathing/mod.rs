//! Gases in blood and lung.

mod blood_gas;

pub use blood_gas::{
    Acidity, MMHG_PER_GAS_CONVERSION, O2_BOUND_ML_PER_G, O2_DISSOLVED_ML_PER_DL_MMHG, WATER_VAPOUR_MMHG, alveolar_oxygen_mmhg,
    base_excess_mmol_l, bicarbonate_mmol_l, carbon_dioxide_content_ml_dl, carbon_dioxide_plasma_ml_dl, carboxyhaemoglobin_ratio,
    oxygen_content_ml_dl, oxygen_pressure_of_content_mmhg, oxygen_saturation_hill, oxygen_saturation_kelman,
    oxygen_saturation_severinghaus, oxygen_shifted_mmhg, ph_of_base_excess, saturation_inverse_severinghaus_mmhg, shunted_oxygen_mmhg,
    standard_base_excess_mmol_l,
};
