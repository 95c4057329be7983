//! A person in command of a scene: orders on a clock, rewinding, branches, and replay to the same bits.

mod live;
mod order;
mod person;
mod record;
mod retreat;
mod shared;

pub use live::{LiveSession, SAVE_EVERY_TICKS};
pub use order::{Order, Orders, TimedOrder};
pub use record::{ORDER_COUNT_MAX, SESSION_FORMAT, SessionRecord};
pub use shared::{InCommand, SharedControl, SharedView, SmallPicture};
