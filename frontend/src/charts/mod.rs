//! Charts as SVG, drawn in percentages of their box, so that text keeps its size from a phone to a wall
//! screen.

pub(crate) mod bars;
pub(crate) mod landing;
mod scale;
