//! Which diseases and treatments there are.

use serde::{Deserialize, Serialize};

macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vdoc])* $variant,)* }
        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];
            /// Name in files and on the command line.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
            /// By name.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.name() == name)
            }
        }
    };
}

named! {
    /// A disease that runs over days to years.
    Condition {
        /// Nothing but age.
        Ageing "ageing",
        /// The pressure at which the kidneys balance salt creeps up.
        Hypertension "hypertension",
        /// The left ventricle loses contractility and remodels.
        HeartFailure "heart_failure",
        /// The aortic valve calcifies.
        AorticStenosis "aortic_stenosis",
        /// The mitral valve leaks.
        MitralRegurgitation "mitral_regurgitation",
        /// Airways narrow and alveoli are lost, in a smoker.
        Copd "copd",
        /// An infection of the lung, over days.
        Pneumonia "pneumonia",
        /// Nephrons are lost.
        ChronicKidneyDisease "chronic_kidney_disease",
        /// β-cells fail against insulin resistance.
        Type2Diabetes "type_2_diabetes",
        /// An infection of the blood, over days.
        Sepsis "sepsis",
        /// The marrow makes too little.
        Anaemia "anaemia",
        /// A tumour that grows and consumes.
        Tumour "tumour",
    }
}

named! {
    /// A treatment.
    Therapy {
        /// ACE inhibitor or the like.
        AceInhibitor "ace_inhibitor",
        /// β-blocker.
        BetaBlocker "beta_blocker",
        /// Diuretic.
        Diuretic "diuretic",
        /// SGLT2 inhibitor.
        Sglt2Inhibitor "sglt2_inhibitor",
        /// Metformin.
        Metformin "metformin",
        /// Long-acting insulin.
        Insulin "insulin",
        /// No more smoking.
        SmokingCessation "smoking_cessation",
        /// Inhaled bronchodilators.
        Bronchodilator "bronchodilator",
        /// An antibiotic that works.
        Antibiotic "antibiotic",
        /// Iron.
        Iron "iron",
        /// Erythropoietin.
        Erythropoietin "erythropoietin",
        /// Chemotherapy every three weeks.
        Chemotherapy "chemotherapy",
        /// A new aortic valve on the first day.
        ValveReplacement "valve_replacement",
        /// A repaired mitral valve on the first day.
        ValveRepair "valve_repair",
    }
}
