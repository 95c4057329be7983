//! One controller for two: the robot's, and a person who may take over and hand back at any tick.

use std::sync::{Arc, Mutex, PoisonError};

use proband_procedure::{Command, Controller, Note, Observation, Phase, ProcedureError};
use proband_sensor::{NirFrame, UltrasoundFrame};
use serde::{Deserialize, Serialize};

use super::order::{Order, Orders};
use super::person::{HOME_M, Person};
use super::retreat::Retreat;

/// Columns and rows that a picture for the screen has at most.
const SCREEN_PX: u32 = 320;

/// Who commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InCommand {
    /// The robot's controller.
    Robot,
    /// A person.
    Person,
    /// The robot, on its way from what a person left to a new beginning.
    Retreat,
}

/// A picture for the screen: grey levels, coarser than the sensor's when that has more pixels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SmallPicture {
    /// Number of the sensor's picture since the start.
    pub index: u32,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Size of a pixel [m], across and down.
    pub pixel_m: [f64; 2],
    /// Grey levels, shape [rows, columns].
    pub grey: Vec<u8>,
}

/// What the controller lets a screen see of the last tick: sensors and commands, no truth.
#[derive(Clone, Debug, PartialEq)]
pub struct SharedView {
    /// Who commands.
    pub in_command: InCommand,
    /// Command of the last tick.
    pub command: Command,
    /// Measured axial force [N].
    pub force_axial_n: f64,
    /// Measured probe force [N].
    pub probe_force_n: f64,
    /// Measured driver position [m].
    pub driver_position_m: f64,
    /// Blood seen in the hub.
    pub blood_in_hub: bool,
    /// Last near-infrared picture.
    pub nir: SmallPicture,
    /// Last ultrasound picture.
    pub ultrasound: SmallPicture,
    /// Orders refused by the controller since the start.
    pub refused: u32,
}

impl SharedView {
    fn new() -> Self {
        Self {
            in_command: InCommand::Robot,
            command: Command::idle(),
            force_axial_n: 0.0,
            probe_force_n: 0.0,
            driver_position_m: 0.0,
            blood_in_hub: false,
            nir: SmallPicture::default(),
            ultrasound: SmallPicture::default(),
            refused: 0,
        }
    }
}

/// What is saved with a scene.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct State {
    in_command: InCommand,
    /// Orders carried out so far.
    done: u32,
    person: Person,
    retreat: Option<Retreat>,
    last: Command,
    finished: bool,
    /// Sticks before the robot's present controller began.
    attempts_before: u32,
    refused: u32,
}

/// The robot's controller and a person at one set of controls.
///
/// A function of observations and orders alone: the same orders at the same ticks give the same bits.
pub struct SharedControl {
    orders: Orders,
    robot: Box<dyn Controller>,
    /// A controller that has not begun, saved: what the robot is when it begins anew.
    fresh: Vec<u8>,
    state: State,
    notes: Vec<Note>,
    view: Arc<Mutex<SharedView>>,
}

impl SharedControl {
    /// The robot commands until an order says otherwise.
    ///
    /// # Errors
    /// [`ProcedureError`] when the robot's controller cannot be saved.
    pub fn new(robot: Box<dyn Controller>, orders: Orders) -> Result<Self, ProcedureError> {
        let state = State {
            in_command: InCommand::Robot,
            done: 0,
            person: Person::new(0),
            retreat: None,
            last: Command::idle(),
            finished: false,
            attempts_before: 0,
            refused: 0,
        };
        let fresh = robot.save()?;
        Ok(Self { orders, robot, fresh, state, notes: Vec::new(), view: Arc::new(Mutex::new(SharedView::new())) })
    }

    /// A window on what this controller sees, for a screen.
    #[must_use]
    pub fn view(&self) -> Arc<Mutex<SharedView>> {
        Arc::clone(&self.view)
    }

    fn obey(&mut self, observation: &Observation<'_>) {
        while let Some(order) = self.orders.due(self.state.done, observation.tick) {
            self.state.done += 1;
            self.carry_out(order, observation);
        }
    }

    fn carry_out(&mut self, order: Order, observation: &Observation<'_>) {
        let state = &mut self.state;
        match order {
            Order::Command(command) => {
                if state.in_command != InCommand::Person {
                    // A stick that was planned and not begun is nobody's.
                    let begun = self.robot.attempt().saturating_sub(u32::from(self.robot.phase() == Phase::Align));
                    let attempts = state.person.attempt.max(state.attempts_before + begun);
                    let phase = match (&state.retreat, state.in_command) {
                        (Some(retreat), InCommand::Retreat) => retreat.phase,
                        _ => self.robot.phase(),
                    };
                    state.person = Person::taking_over(attempts, phase);
                    self.notes.push(event(observation, "person_takes_over", "a person takes command"));
                }
                (state.in_command, state.retreat, state.last) = (InCommand::Person, None, command);
            }
            Order::Robot if state.in_command == InCommand::Person => {
                state.retreat = Some(Retreat::new(observation, state.person.phase));
                state.in_command = InCommand::Retreat;
                state.attempts_before = state.person.attempt;
                self.notes.push(event(observation, "robot_takes_over", "the robot takes command back"));
            }
            Order::Finish if needle_out(observation) => state.finished = true,
            Order::Robot | Order::Finish => {
                state.refused += 1;
                self.notes.push(event(observation, "order_refused", "the order makes no sense now"));
            }
        }
    }

    fn retreat(&mut self, observation: &Observation<'_>) -> Command {
        if let Some(retreat) = &mut self.state.retreat
            && let Some(command) = retreat.step(observation, &self.state.last)
        {
            return command;
        }
        // A saved state of the same controller fits: it was taken from it.
        if self.robot.restore(&self.fresh).is_err() {
            self.state.finished = true;
        }
        (self.state.in_command, self.state.retreat) = (InCommand::Robot, None);
        self.robot.step(observation)
    }

    fn show(&self, observation: &Observation<'_>) {
        let mut view = self.view.lock().unwrap_or_else(PoisonError::into_inner);
        (view.in_command, view.command, view.refused) = (self.state.in_command, self.state.last, self.state.refused);
        view.force_axial_n = observation.force_axial_n;
        view.probe_force_n = observation.probe_force_n;
        view.driver_position_m = observation.driver_position_m;
        view.blood_in_hub = observation.blood_in_hub;
        if let Some(frame) = observation.nir {
            view.nir = small_nir(frame);
        }
        if let Some(frame) = observation.ultrasound {
            view.ultrasound = small_ultrasound(frame);
        }
    }
}

impl Controller for SharedControl {
    fn step(&mut self, observation: &Observation<'_>) -> Command {
        self.obey(observation);
        let command = match self.state.in_command {
            InCommand::Robot => self.robot.step(observation),
            InCommand::Retreat => self.retreat(observation),
            InCommand::Person => {
                let command = self.state.last;
                self.state.person.step(observation, &command, &mut self.notes);
                command
            }
        };
        self.state.last = command;
        self.show(observation);
        command
    }

    fn phase(&self) -> Phase {
        match self.state.in_command {
            _ if self.state.finished => Phase::Done,
            InCommand::Robot => self.robot.phase(),
            InCommand::Person => self.state.person.phase,
            InCommand::Retreat => self.state.retreat.map_or(Phase::Withdraw, |retreat| retreat.phase),
        }
    }

    fn attempt(&self) -> u32 {
        match self.state.in_command {
            InCommand::Robot => self.state.attempts_before + self.robot.attempt(),
            InCommand::Person | InCommand::Retreat => self.state.person.attempt,
        }
    }

    fn take_notes(&mut self, out: &mut Vec<Note>) {
        out.append(&mut self.notes);
        let first = out.len();
        self.robot.take_notes(out);
        for note in &mut out[first..] {
            match note {
                Note::Phase { attempt, .. } => *attempt += self.state.attempts_before,
                Note::Plan(plan) => plan.attempt += self.state.attempts_before,
                _ => {}
            }
        }
    }

    fn save(&self) -> Result<Vec<u8>, ProcedureError> {
        let encoding = |e: postcard::Error| ProcedureError::Encoding { what: e.to_string() };
        postcard::to_stdvec(&(&self.state, self.robot.save()?)).map_err(encoding)
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), ProcedureError> {
        let encoding = |e: postcard::Error| ProcedureError::Encoding { what: e.to_string() };
        let (state, robot): (State, Vec<u8>) = postcard::from_bytes(bytes).map_err(encoding)?;
        self.robot.restore(&robot)?;
        (self.state, self.notes) = (state, Vec::new());
        Ok(())
    }
}

fn needle_out(observation: &Observation<'_>) -> bool {
    observation.driver_position_m <= HOME_M && observation.impedance_ohm.is_none()
}

fn event(observation: &Observation<'_>, kind: &str, text: &str) -> Note {
    Note::Event { time_s: observation.time_s, kind: kind.into(), text: text.into(), value: f64::NAN, unit: String::new() }
}

/// Every n-th pixel, brightened as a person would turn the knob: black to the brightest of them.
fn small_nir(frame: &NirFrame) -> SmallPicture {
    let (columns, rows) = (frame.counts.width(), frame.counts.height());
    let step = columns.max(rows).div_ceil(SCREEN_PX).max(1);
    let (width, height) = (columns.div_ceil(step), rows.div_ceil(step));
    let samples: Vec<f32> = (0..height)
        .flat_map(|j| (0..width).map(move |i| (i, j)))
        .map(|(i, j)| frame.counts.get(i * step, j * step).copied().unwrap_or(0.0))
        .collect();
    let brightest = samples.iter().copied().filter(|v| v.is_finite()).fold(1e-6_f32, f32::max);
    let grey = samples.iter().map(|v| (255.0 * (v / brightest).clamp(0.0, 1.0)) as u8).collect();
    let pixel_m = frame.pixel_on_skin_m() * f64::from(step);
    SmallPicture { index: frame.index, width, height, pixel_m: [pixel_m; 2], grey }
}

fn small_ultrasound(frame: &UltrasoundFrame) -> SmallPicture {
    let pixel_m = [frame.column_pitch_m, frame.row_pitch_m];
    SmallPicture { index: frame.index, width: frame.column_count, height: frame.row_count, pixel_m, grey: frame.pixels.clone() }
}
