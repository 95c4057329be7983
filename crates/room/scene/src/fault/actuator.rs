//! Faults of what moves: between what the robot's own layer wants and what the motors do.

use nalgebra::Vector3;
use proband_core::{Flange, Pose, RobotBase};
use proband_robot::{ArmTarget, DriverCommand, DriverModel, DriverSpec, GantryTarget, Press};

use super::memory::Memory;
use super::schedule::Active;
use super::{Effect, Target};
use crate::spec::TICK_S;

/// Greatest way of an arm that runs away [m]: a drive that is off by more trips its own following-error limit.
///
/// # Source
/// Prior: unverified.
const ARM_AWAY_MAX_M: f64 = 20e-3;
/// Speed of the flange on a line when nothing is wrong [m/s], of which a share can be lost. Prior: unverified.
const ARM_SPEED_M_S: f64 = 0.25;
/// The same for the imaging head [m/s]. Source: `GantrySpec::imaging_head`.
const HEAD_SPEED_M_S: f64 = 0.05;

/// The supply is off or the emergency stop is pressed: motors brake.
pub(crate) fn halted(active: &[Active]) -> bool {
    active.iter().any(|f| f.is(Target::Supply, Effect::Loss) || f.is(Target::Operator, Effect::WrongTakeover))
}

/// What is left of the driver, and what reaches it.
pub(crate) fn driver(active: &[Active], spec: &DriverSpec, wanted: DriverCommand) -> (Option<DriverModel>, DriverCommand) {
    let (mut worn, mut command, mut changed) = (spec.clone(), wanted, false);
    for fault in active.iter().filter(|f| f.kind.target() == Target::Driver) {
        match fault.kind.effect() {
            Effect::Saturation => worn.velocity_max_m_s *= 1.0 - fault.size,
            Effect::TorqueLoss => worn.force_n_per_a *= 1.0 - fault.size,
            Effect::Backlash => worn.backlash_m += fault.size,
            Effect::Runaway => command = DriverCommand::Velocity(fault.size),
            Effect::BrakeFailure if command == DriverCommand::Hold => command = DriverCommand::Velocity(fault.size),
            _ => {}
        }
        changed |= matches!(fault.kind.effect(), Effect::Saturation | Effect::TorqueLoss | Effect::Backlash);
    }
    if halted(active) {
        command = DriverCommand::Hold;
    }
    (if changed { DriverModel::new(&worn).ok() } else { None }, command)
}

/// Where the arm goes. `here`: flange as measured; `up`: unit vector in the base's frame. Faults act on a line that is followed and
/// on standing still, not on the way there in joint space.
pub(crate) fn arm(
    active: &[Active],
    memories: &mut [Memory],
    here: &Pose<RobotBase, Flange>,
    up: Vector3<f64>,
    wanted: ArmTarget,
) -> ArmTarget {
    if halted(active) {
        return ArmTarget::Hold;
    }
    let mut target = wanted;
    for fault in active.iter().filter(|f| f.kind.target() == Target::Arm) {
        let Some(memory) = memories.get_mut(fault.index) else { continue };
        if let (ArmTarget::Hold, Effect::BrakeFailure) = (&target, fault.kind.effect()) {
            let place = held(memory, here.0.translation.vector);
            let mut sagging = *here;
            sagging.0.translation.vector = place - up * (fault.size * fault.elapsed_s).clamp(-ARM_AWAY_MAX_M, ARM_AWAY_MAX_M);
            target = ArmTarget::Pose(sagging);
            continue;
        }
        let ArmTarget::Pose(goal) = &mut target else {
            memory.holds = false;
            continue;
        };
        let place = &mut goal.0.translation.vector;
        match fault.kind.effect() {
            Effect::TorqueLoss => *place -= up * fault.size,
            Effect::Runaway => place.x += (fault.size * fault.elapsed_s).clamp(-ARM_AWAY_MAX_M, ARM_AWAY_MAX_M),
            Effect::Saturation => {
                let from = held(memory, *place);
                let (way, step) = (*place - from, ARM_SPEED_M_S * (1.0 - fault.size) * TICK_S);
                *place = from + way * (step / way.norm().max(step));
                keep(memory, *place);
            }
            Effect::Backlash => {
                let from = held(memory, *place);
                let half = 0.5 * fault.size;
                *place = from.zip_map(place, |old, new| old.clamp(new - half, new + half));
                keep(memory, *place);
            }
            _ => {}
        }
    }
    target
}

fn held(memory: &mut Memory, now: Vector3<f64>) -> Vector3<f64> {
    let [x, y, z, _] = memory.hold([now.x, now.y, now.z, 0.0]);
    Vector3::new(x, y, z)
}

fn keep(memory: &mut Memory, place: Vector3<f64>) {
    memory.held = [place.x, place.y, place.z, 0.0];
}

/// Where the imaging head goes. `here`: measured x, z, yaw, press.
pub(crate) fn head(active: &[Active], memories: &mut [Memory], here: &[f64; 4], wanted: GantryTarget) -> GantryTarget {
    if halted(active) {
        return GantryTarget { x_m: here[0], z_m: here[1], yaw_rad: here[2], press: Press::Position(here[3]) };
    }
    let mut target = wanted;
    for fault in active.iter().filter(|f| f.kind.target() == Target::Gantry) {
        let Some(memory) = memories.get_mut(fault.index) else { continue };
        match (fault.kind.effect(), &mut target.press) {
            (Effect::TorqueLoss, Press::Force(force)) => *force *= 1.0 - fault.size,
            (Effect::Runaway, Press::Force(force)) => *force += fault.size,
            (Effect::BrakeFailure, _) => target.x_m += (fault.size * fault.elapsed_s).clamp(-ARM_AWAY_MAX_M, ARM_AWAY_MAX_M),
            (Effect::Saturation, _) => {
                let [x, z, _, _] = memory.hold(*here);
                let step = HEAD_SPEED_M_S * (1.0 - fault.size) * TICK_S;
                (target.x_m, target.z_m) = (target.x_m.clamp(x - step, x + step), target.z_m.clamp(z - step, z + step));
                memory.held = [target.x_m, target.z_m, 0.0, 0.0];
            }
            (Effect::Backlash, _) => {
                let [x, z, _, _] = memory.hold(*here);
                let half = 0.5 * fault.size;
                (target.x_m, target.z_m) = (x.clamp(target.x_m - half, target.x_m + half), z.clamp(target.z_m - half, target.z_m + half));
                memory.held = [target.x_m, target.z_m, 0.0, 0.0];
            }
            _ => {}
        }
    }
    target
}

/// Pressure that the cuff goes to [Pa]. `now_pa`: its pressure.
pub(crate) fn cuff(active: &[Active], memories: &mut [Memory], now_pa: f64, wanted_pa: f64) -> f64 {
    let mut goal_pa = wanted_pa;
    for fault in active {
        let Some(memory) = memories.get_mut(fault.index) else { continue };
        goal_pa = match (fault.kind.target(), fault.kind.effect()) {
            (Target::Cuff, Effect::Stuck) => memory.hold([now_pa, 0.0, 0.0, 0.0])[0],
            (Target::Cuff, Effect::Saturation) => goal_pa.min(fault.size),
            (Target::Cuff, Effect::TorqueLoss) => goal_pa * (1.0 - fault.size),
            (Target::Cuff, Effect::Runaway) => fault.size,
            (Target::Operator, Effect::LateRelease) => goal_pa.max(memory.hold([now_pa, 0.0, 0.0, 0.0])[0]),
            (Target::Operator, Effect::WrongTakeover) => memory.hold([now_pa, 0.0, 0.0, 0.0])[0],
            (Target::Supply, Effect::Loss) => 0.0,
            _ => goal_pa,
        };
    }
    goal_pa
}
