//! How tissue answers a needle: indentation, rupture, cutting, friction, tenting, rolling, bending.
