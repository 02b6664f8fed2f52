//! Closed lists of names: enums whose variants have one spelling each, the same in text, JSON and CSV.
//!
//! Reading accepts upper and lower case and blanks around. Writing always uses the one spelling.

use thiserror::Error;

/// A text that is not in its list of names.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{value}` is no {list}: use one of {known}")]
pub struct UnknownName {
    /// What the list holds, such as `species`.
    pub list: &'static str,
    /// The text that was read.
    pub value: String,
    /// All names in the list, separated by commas.
    pub known: String,
}

/// Declares an enum with `ALL`, `NAMES`, `as_str`, `Display`, `FromStr` and serde, all with the names given.
#[macro_export]
macro_rules! named_enum {
    ($(#[$doc:meta])* $list:literal $type:ident { $($(#[$variant_doc:meta])* $variant:ident = $name:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $type {
            $($(#[$variant_doc])* #[serde(rename = $name)] $variant,)+
        }

        impl $type {
            /// All variants, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The spellings of all variants, in the same order.
            pub const NAMES: &'static [&'static str] = &[$($name),+];

            /// The spelling of this variant.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::named::UnknownName;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let wanted = text.trim();
                Self::ALL.iter().copied().find(|one| one.as_str().eq_ignore_ascii_case(wanted)).ok_or_else(|| {
                    $crate::named::UnknownName {
                        list: $list,
                        value: text.to_owned(),
                        known: [$($name),+].join(", "),
                    }
                })
            }
        }
    };
}
pub use named_enum;

#[cfg(test)]
mod tests {
    use crate::checks::Severity;
    use crate::product_type::ProductType;

    #[test]
    fn a_name_is_read_in_any_case_and_with_blanks() {
        for text in ["critical", " CRITICAL", "Critical\t"] {
            assert_eq!(text.parse(), Ok(Severity::Critical), "{text:?}");
        }
        assert_eq!("FISH_CAKE".parse(), Ok(ProductType::FishCake));
    }

    #[test]
    fn every_name_reads_back_as_itself() {
        for kind in ProductType::ALL {
            assert_eq!(kind.to_string().parse(), Ok(*kind));
        }
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_names_there_are() {
        let refused = "urgent".parse::<Severity>().unwrap_err();
        assert_eq!(refused.to_string(), "`urgent` is no severity: use one of CRITICAL, MAJOR, WARNING, INFO");
    }
}
