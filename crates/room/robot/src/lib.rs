//! Robot arms and needle drivers: kinematics, limits, actuators.
