//! Robot descriptions: URDF to kinematic trees.
