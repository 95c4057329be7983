//! Claims about the finite elements of `proband-tissue`.

mod beams;
mod bodies;
mod contact;
mod cut;
mod fast;
mod long;
mod material;
mod problems;
mod reduced;
mod tear;
mod tool_loop;
mod touch;

use crate::Claim;

macro_rules! claim {
    ($id:literal, $compute:path) => {
        Claim { id: $id, case: include_str!(concat!("../../../../../verify/", $id, "/case.toml")), compute: $compute }
    };
}

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] = &[
    claim!("fem-beam-linear", beams::linear),
    claim!("fem-beam-large", beams::large),
    claim!("fem-beam-layers", beams::layers),
    claim!("fem-frequencies", beams::frequencies),
    claim!("fem-homogeneous", material::homogeneous),
    claim!("fem-fibres", material::fibres),
    claim!("fem-viscosity", material::viscosity),
    claim!("fem-pressure", bodies::pressure),
    claim!("fem-thick-sphere", bodies::thick_sphere),
    claim!("fem-order", bodies::order),
    claim!("fem-cook", bodies::cook),
    claim!("fem-cube", bodies::cube),
    claim!("fem-fast", fast::fast),
    claim!("fem-contact", contact::contact),
    claim!("fem-bodies", touch::bodies),
    claim!("fem-cut", cut::opened),
    claim!("fem-long", long::million),
    claim!("fem-tear", tear::griffith),
    claim!("fem-suture", cut::sewn),
    claim!("fem-reduced", reduced::follows),
    claim!("fem-tool-loop", tool_loop::tool_loop),
];

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
