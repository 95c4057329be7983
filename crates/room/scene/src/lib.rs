//! Twin, robot, sensors and procedure on one clock.
