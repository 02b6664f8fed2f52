//! What stays the same from day to day: lines, species and their suppliers, customers, cold rooms and
//! people. All names are invented.

/// A production line.
pub(super) struct Line {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) kind: &'static str,
    pub(super) area: &'static str,
    /// About what the line could make in a shift without a stop.
    pub(super) capacity_kg: f64,
    pub(super) headcount: i64,
}

#[rustfmt::skip]
pub(super) const LINES: [Line; 6] = [
    Line { id: "L1", name: "Line 1", kind: "filleting", area: "Hall A", capacity_kg: 360.0, headcount: 9 },
    Line { id: "L2", name: "Line 2", kind: "filleting", area: "Hall A", capacity_kg: 350.0, headcount: 8 },
    Line { id: "L3", name: "Line 3", kind: "portioning", area: "Hall A", capacity_kg: 330.0, headcount: 7 },
    Line { id: "L4", name: "Line 4", kind: "coating", area: "Hall B", capacity_kg: 340.0, headcount: 11 },
    Line { id: "L5", name: "Line 5", kind: "smoking", area: "Hall B", capacity_kg: 340.0, headcount: 6 },
    Line { id: "L6", name: "Line 6", kind: "mixed packing", area: "Hall C", capacity_kg: 320.0, headcount: 8 },
];

/// How many lines work in the morning.
pub(super) const MORNING_LINES: i64 = 5;
/// How many runs each of them makes.
pub(super) const RUNS_OF_MORNING_LINE: i64 = 4;
/// Runs of a factory day: four on each line of the morning and the afternoon, three on each at night.
pub(super) const RUNS_PER_DAY: i64 = MORNING_LINES * RUNS_OF_MORNING_LINE + 4 * 4 + 3 * 3;

/// The grades of fish.
pub(super) const GRADES: [&str; 2] = ["Premium", "GG"];
/// The index of the grade that may become tier 1.
pub(super) const PREMIUM: usize = 0;
/// The index of the grade that may not become tier 1.
pub(super) const GG: usize = 1;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Species {
    Salmon,
    Cod,
    Hake,
    Haddock,
    SeaBass,
    Mackerel,
    Prawns,
    Tuna,
    Plaice,
    LemonSole,
    Trout,
    Pollock,
}

/// Where a species comes from.
pub(super) struct Origin {
    /// The name of the species in the ERP.
    pub(super) name: &'static str,
    /// The beginning of its batch codes.
    pub(super) prefix: &'static str,
    pub(super) suppliers: [&'static str; 2],
    /// The vessels that catch it. Farmed fish has none.
    pub(super) vessels: &'static [&'static str],
    pub(super) area: &'static str,
    pub(super) method: &'static str,
    pub(super) country: &'static str,
    pub(super) certificate: &'static str,
}

impl Species {
    pub(super) const COUNT: usize = ORIGINS.len();

    pub(super) fn origin(self) -> &'static Origin {
        &ORIGINS[self as usize]
    }

    /// The index of the species that people fetch by mistake instead of this one.
    pub(super) fn mistaken_for(self) -> usize {
        (self as usize + 1) % Self::COUNT
    }
}

const TRAWLERS: [&str; 3] = ["Skerry Dawn", "Bonny Ardith", "Grey Petrel III"];
const LONG_LINERS: [&str; 2] = ["Havlys Nord", "Isbrand II"];

#[rustfmt::skip]
pub(super) const ORIGINS: [Origin; 12] = [
    Origin { name: "Salmon", prefix: "SAL", suppliers: ["Lochmarra Salmon", "Vestvik Laks AS"], vessels: &[], area: "FAO 27.IV.a", method: "Farmed", country: "Scotland", certificate: "ASC" },
    Origin { name: "Cod", prefix: "COD", suppliers: ["Havlys Seafood AS", "Skerry Fishing Co"], vessels: &LONG_LINERS, area: "FAO 27.I.b", method: "Longline", country: "Norway", certificate: "MSC" },
    Origin { name: "Hake", prefix: "HAK", suppliers: ["Skerry Fishing Co", "Pesca Norteira"], vessels: &TRAWLERS, area: "FAO 27.VII.j", method: "Gill net", country: "Ireland", certificate: "MSC" },
    Origin { name: "Haddock", prefix: "HAD", suppliers: ["Skerry Fishing Co", "Buchan Quay Fish"], vessels: &TRAWLERS, area: "FAO 27.IV.a", method: "Trawl", country: "Scotland", certificate: "MSC" },
    Origin { name: "Sea Bass", prefix: "BAS", suppliers: ["Egean Blue Farms", "Marisol Aqua"], vessels: &[], area: "FAO 37.3.1", method: "Farmed", country: "Greece", certificate: "ASC" },
    Origin { name: "Mackerel", prefix: "MAC", suppliers: ["Buchan Quay Fish", "Havlys Seafood AS"], vessels: &TRAWLERS, area: "FAO 27.VI.a", method: "Purse seine", country: "Scotland", certificate: "MSC" },
    Origin { name: "Prawns", prefix: "PRA", suppliers: ["Gulfline Shellfish", "Delta Prawn Co"], vessels: &[], area: "FAO 71", method: "Farmed", country: "Vietnam", certificate: "ASC" },
    Origin { name: "Tuna", prefix: "TUN", suppliers: ["Atoll Line Tuna", "Pesca Norteira"], vessels: &["Atoll Star"], area: "FAO 51", method: "Pole and line", country: "Maldives", certificate: "MSC" },
    Origin { name: "Plaice", prefix: "PLA", suppliers: ["Doggerbank Vis", "Buchan Quay Fish"], vessels: &TRAWLERS, area: "FAO 27.IV.b", method: "Trawl", country: "Netherlands", certificate: "MSC" },
    Origin { name: "Lemon Sole", prefix: "SOL", suppliers: ["Doggerbank Vis", "Skerry Fishing Co"], vessels: &TRAWLERS, area: "FAO 27.VII.e", method: "Trawl", country: "England", certificate: "" },
    Origin { name: "Trout", prefix: "TRO", suppliers: ["Lochmarra Salmon", "Testwater Trout"], vessels: &[], area: "FAO 05", method: "Farmed", country: "England", certificate: "ASC" },
    Origin { name: "Pollock", prefix: "POL", suppliers: ["Bering Arc Seafoods", "Havlys Seafood AS"], vessels: &["Arctic Terrier"], area: "FAO 67", method: "Trawl", country: "USA", certificate: "MSC" },
];

/// The customers, each with the brand under which it sells.
pub(super) const CUSTOMERS: [(&str, &str); 6] = [
    ("Harbour & Vale", "Harbour Select"),
    ("Northgate Markets", "Northgate Everyday"),
    ("Castlebrook Stores", "Castlebrook Finest"),
    ("Saltmarsh Foodservice", "Saltmarsh Kitchen"),
    ("Fjordline Export", "Fjordline"),
    ("Pennywise Foods", "Simply Salmon"),
];

/// The places where temperatures are read, with their limits in °C.
pub(super) const LOCATIONS: [(&str, f64, f64); 7] = [
    ("Intake Chill", 0.0, 4.0),
    ("Holding Chill 1", 0.0, 4.0),
    ("Holding Chill 2", 0.0, 4.0),
    ("Hall A", 4.0, 12.0),
    ("Smokehouse Cooler", 0.0, 5.0),
    ("Cold Store", -30.0, -18.0),
    ("Despatch Chill", 0.0, 4.0),
];

/// The people who sign the paperwork.
pub(super) const PEOPLE: [&str; 8] = [
    "A. Whitlock",
    "B. Osei",
    "C. Maddern",
    "D. Kowalczyk",
    "E. Farrant",
    "F. Nowak",
    "G. Tregenza",
    "H. Singh",
];
