//! Parametric forearm and elbow: skin, layers, veins, artery, nerves, bones.
