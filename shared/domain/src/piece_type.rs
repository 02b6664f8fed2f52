//! The cuts of fish that packs hold, as the paperwork of runs names them.

use crate::named::named_enum;

named_enum! {
    /// A cut of fish.
    "piece type" PieceType {
        /// The thick middle of the fillet.
        CenterCut = "center_cut",
        /// The thin end of the fillet. Never in tier 1.
        Tail = "tail",
        /// Trimmings.
        Offcut = "offcut",
        /// A joint.
        Joint = "joint",
        /// A butterfly cut.
        Butterfly = "butterfly",
        /// Pieces in a marinade.
        Marinade = "marinade",
    }
}
