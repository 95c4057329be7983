//! Finite elements: how a piece of tissue of any shape deforms.
//!
//! Implicit: each step minimises inertia and stored energy together and stops on a residual that it reports.
//! A body is nodes and elements; where they came from is not known here.

#![allow(clippy::needless_range_loop, reason = "sums over the indices of tensors read like the formulas")]
#![allow(clippy::neg_cmp_op_on_partial_ord, reason = "a comparison with NaN must fail: that is what the negation says")]

mod assemble;
mod contact;
mod cut;
mod element;
mod frequency;
mod lattice;
mod law;
mod live;
mod mat3;
mod model;
mod needle;
mod probe;
mod prony;
mod reduced;
mod shape;
mod solve;
mod spec;
mod state;
mod step;
mod suture;
mod tool_loop;

pub use contact::{BodyTouch, SurfacePair, Tool, ToolForce, ToolPose, ToolShape, Touch, tool_forces};
pub use cut::{CutOptions, Fracture, OpenReport, Opened, TearSpec, TearStep, cut, node_stresses, open, tear};
pub use frequency::natural_frequencies_hz;
pub use lattice::{Lattice, quadratic_tetrahedra};
pub use law::{FibreSpec, Law, LeafletSpec, OgdenTerm, PASSIVE_MYOCARDIUM, Tissue, TissueConstants, lame_pa};
pub use live::{
    LiveInput, LiveMaterial, LiveModel, LiveOutput, LivePreconditioner, LiveSpec, LiveState, LiveTools, LiveToolsSpec, LiveTouch,
    LiveTouchOutput, LiveTouchWorkspace, LiveWorkspace, live_step, live_touch_step,
};
pub use model::FemModel;
pub use needle::{
    LinearBody, LinearSpace, NeedleMedium, NeedleTube, NeedlingModel, NeedlingSpec, NeedlingState, PatchModel, PatchSpec, PatchYoung,
    ShaftOutput, ShaftPose, cutting_force_n,
};
pub use probe::{ElementStress, element_stresses, internal_forces_n, stored_energy_j};
pub use prony::{BRANCH_COUNT_MAX, Prony, PronyBranch};
pub use reduced::{
    ReducedInput, ReducedModel, ReducedOutput, ReducedReport, ReducedSpec, ReducedState, ReducedWorkspace, reduced_rest, reduced_step,
};
pub use solve::FemWorkspace;
pub use spec::{Elements, FemPart, FemSpec, HeldNode, Integrator, NodeSpring, SolverSpec};
pub use state::{FemInput, FemOutput, FemState};
pub use step::{rest, step};
pub use suture::{Suture, SutureEnd, broken_sutures, suture_forces_n};
pub use tool_loop::{ContactCopy, LoopModel, LoopOutput, LoopSpec, LoopState, tool_loop_step};
