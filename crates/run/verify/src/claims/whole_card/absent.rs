//! Sheets of the other engine that are not scored here, with their cells and the reason.

/// Sheet, cells in it, why it is not scored. Cells are counted in the published sheets; of system sheets each row.
pub const NOT_MODELLED: &[(&str, usize, &str)] = &[
    (
        "anaesthesia machine",
        175,
        "gas machine, its leaks and its tanks: the ventilator here gives a flow or a pressure and has no gas system",
    ),
    ("inhaler; asthma after albuterol", 35, "no drug by the lung, no albuterol"),
    ("chest compressions", 60, "no compressions"),
    (
        "rhythms: flutter, pulseless activity, ventricular tachycardia, traces",
        147,
        "one rhythm and standstill: others would be the same run again",
    ),
    ("drugs: not in the library", 20, "succinylcholine, lorazepam, pralidoxime, prednisone"),
    ("drugs: fentanyl 17 mg, naloxone after it", 15, "a dose a hundred times that in use: not credible"),
    (
        "combined: after succinylcholine, tidal breathing through a shut airway",
        36,
        "not in the library; the sheet asks for effort, not for air",
    ),
    ("starvation, salt and water by mouth", 29, "no salts, ketones, fats or gut"),
    ("cold and its clothing", 16, "the sheet gives neither temperature nor clothing in numbers"),
    ("smoke", 6, "no carbon monoxide, no forced expiration"),
    ("narrow artery of one kidney", 8, "both kidneys are one"),
    ("oxygen by mask", 3, "the inspired fraction is an input here"),
    (
        "ventilator: assisted breaths, resistance, compliance, dead space",
        51,
        "no assistance; the sheet's resistance and compliance hold those of tube and circuit, shunt and dead space are inputs here",
    ),
    ("bag with a mask that leaks", 14, "no mask"),
    ("exercise: respiratory exchange", 4, "one quotient"),
    ("concentrations of adrenaline and noradrenaline", 10, "no adrenal gland; the infused one is the claim drug-noradrenaline"),
    ("system sheets, heart and vessels", 75, "parts of vessels that are one here, pressure in the skull, duplicates"),
    ("system sheets, blood", 52, "salts, urea, glucose, fats, hormones, cells, duplicates (glucose is a model of its own)"),
    ("system sheets, kidney", 129, "parts of the nephron, salts"),
    ("system sheets, breathing", 68, "parts of the airways, duplicates"),
    ("system sheets, vessels in parts, tissue, glands, gut, energy", 198, "not in the whole patient"),
    ("kinetics over time, substances in and out, patients", 0, "not scored in the sheets; kinetics are claims of their own"),
];
