//! Cameras, ultrasound probe, force, impedance and trackers with noise, delay and dropouts.
