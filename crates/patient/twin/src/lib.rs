//! One patient's twin: parameters with uncertainty, truth for the scorer, belief for the robot, populations.
