//! The column types of SQL Server: their names, what the catalogue says about them, and the type in which two
//! values are compared.

use std::fmt;

use super::error::ServerError;

/// A column type. A length of `None` means `max`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SqlType {
    Bit,
    TinyInt,
    SmallInt,
    Int,
    BigInt,
    Decimal { precision: u8, scale: u8 },
    Numeric { precision: u8, scale: u8 },
    Money,
    SmallMoney,
    Real,
    Float,
    Date,
    DateTime,
    SmallDateTime,
    DateTime2(u8),
    DateTimeOffset(u8),
    Time(u8),
    Char(u16),
    VarChar(Option<u16>),
    NChar(u16),
    NVarChar(Option<u16>),
    Text,
    NText,
    UniqueIdentifier,
    VarBinary(Option<u16>),
}

impl SqlType {
    /// Reads a type as T-SQL writes it, such as `decimal(12, 3)` or `nvarchar(max)`.
    pub(super) fn parse(text: &str) -> Result<Self, ServerError> {
        let text = text.trim().to_ascii_lowercase();
        let unknown = || ServerError::new(243, 16, format!("Type {text} is not a defined system type."));
        let (name, arguments) = text
            .split_once('(')
            .map_or((text.as_str(), ""), |(name, rest)| (name, rest.trim_end_matches(')')));
        let arguments: Vec<&str> =
            arguments.split(',').map(str::trim).filter(|argument| !argument.is_empty()).collect();
        let number = |i: usize, default: u16, most: u16| match arguments.get(i) {
            None => Ok(default),
            Some(argument) => argument.parse().ok().filter(|number| *number <= most).ok_or_else(unknown),
        };
        let length = |most: u16| {
            if arguments.first() == Some(&"max") { Ok(None) } else { number(0, 30, most).map(Some) }
        };
        let scale = || number(0, 7, 7).map(|scale| scale as u8);
        let exact = || Ok::<_, ServerError>((number(0, 18, 38)? as u8, number(1, 0, 38)? as u8));
        Ok(match name.trim() {
            "bit" => Self::Bit,
            "tinyint" => Self::TinyInt,
            "smallint" => Self::SmallInt,
            "int" | "integer" => Self::Int,
            "bigint" => Self::BigInt,
            "decimal" | "dec" => exact().map(|(precision, scale)| Self::Decimal { precision, scale })?,
            "numeric" => exact().map(|(precision, scale)| Self::Numeric { precision, scale })?,
            "money" => Self::Money,
            "smallmoney" => Self::SmallMoney,
            "real" => Self::Real,
            "float" => {
                if number(0, 53, 53)? <= 24 {
                    Self::Real
                } else {
                    Self::Float
                }
            }
            "date" => Self::Date,
            "datetime" => Self::DateTime,
            "smalldatetime" => Self::SmallDateTime,
            "datetime2" => Self::DateTime2(scale()?),
            "datetimeoffset" => Self::DateTimeOffset(scale()?),
            "time" => Self::Time(scale()?),
            "char" => Self::Char(number(0, 30, 8000)?),
            "varchar" => Self::VarChar(length(8000)?),
            "nchar" => Self::NChar(number(0, 30, 4000)?),
            "nvarchar" => Self::NVarChar(length(4000)?),
            "text" => Self::Text,
            "ntext" => Self::NText,
            "uniqueidentifier" => Self::UniqueIdentifier,
            "varbinary" => Self::VarBinary(length(8000)?),
            _ => return Err(unknown()),
        })
    }

    /// The name without length or precision, which the catalogue calls `DATA_TYPE`.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Bit => "bit",
            Self::TinyInt => "tinyint",
            Self::SmallInt => "smallint",
            Self::Int => "int",
            Self::BigInt => "bigint",
            Self::Decimal { .. } => "decimal",
            Self::Numeric { .. } => "numeric",
            Self::Money => "money",
            Self::SmallMoney => "smallmoney",
            Self::Real => "real",
            Self::Float => "float",
            Self::Date => "date",
            Self::DateTime => "datetime",
            Self::SmallDateTime => "smalldatetime",
            Self::DateTime2(_) => "datetime2",
            Self::DateTimeOffset(_) => "datetimeoffset",
            Self::Time(_) => "time",
            Self::Char(_) => "char",
            Self::VarChar(_) => "varchar",
            Self::NChar(_) => "nchar",
            Self::NVarChar(_) => "nvarchar",
            Self::Text => "text",
            Self::NText => "ntext",
            Self::UniqueIdentifier => "uniqueidentifier",
            Self::VarBinary(_) => "varbinary",
        }
    }

    /// `CHARACTER_MAXIMUM_LENGTH`.
    pub(super) fn length(self) -> Option<i64> {
        match self {
            Self::Char(length) | Self::NChar(length) => Some(length.into()),
            Self::VarChar(length) | Self::NVarChar(length) | Self::VarBinary(length) => {
                Some(length.map_or(-1, i64::from))
            }
            Self::Text => Some(i32::MAX.into()),
            Self::NText => Some(i64::from(i32::MAX) / 2),
            _ => None,
        }
    }

    /// `NUMERIC_PRECISION` and `NUMERIC_SCALE`.
    pub(super) const fn digits(self) -> (Option<i64>, Option<i64>) {
        match self {
            Self::TinyInt => (Some(3), Some(0)),
            Self::SmallInt => (Some(5), Some(0)),
            Self::Int => (Some(10), Some(0)),
            Self::BigInt => (Some(19), Some(0)),
            Self::Decimal { precision, scale } | Self::Numeric { precision, scale } => {
                (Some(precision as i64), Some(scale as i64))
            }
            Self::Money => (Some(19), Some(4)),
            Self::SmallMoney => (Some(10), Some(4)),
            Self::Real => (Some(24), None),
            Self::Float => (Some(53), None),
            _ => (None, None),
        }
    }

    /// `DATETIME_PRECISION`.
    pub(super) const fn fraction_digits(self) -> Option<i64> {
        match self {
            Self::Date | Self::SmallDateTime => Some(0),
            Self::DateTime => Some(3),
            Self::DateTime2(scale) | Self::DateTimeOffset(scale) | Self::Time(scale) => Some(scale as i64),
            _ => None,
        }
    }

    /// The precision and the scale of an exact number.
    pub(super) const fn exact(self) -> Option<(u8, u8)> {
        match self {
            Self::Decimal { precision, scale } | Self::Numeric { precision, scale } => {
                Some((precision, scale))
            }
            Self::Money => Some((19, 4)),
            Self::SmallMoney => Some((10, 4)),
            _ => None,
        }
    }

    /// The inclusive range of a whole-number type.
    pub(super) const fn whole(self) -> Option<(i64, i64)> {
        match self {
            Self::TinyInt => Some((0, 255)),
            Self::SmallInt => Some((i16::MIN as i64, i16::MAX as i64)),
            Self::Int => Some((i32::MIN as i64, i32::MAX as i64)),
            Self::BigInt => Some((i64::MIN, i64::MAX)),
            _ => None,
        }
    }

    /// Whether it is a date or a time.
    pub(super) const fn is_time(self) -> bool {
        self.fraction_digits().is_some()
    }

    /// Whether it is text.
    pub(super) const fn is_text(self) -> bool {
        matches!(
            self,
            Self::Char(_) | Self::VarChar(_) | Self::NChar(_) | Self::NVarChar(_) | Self::Text | Self::NText
        )
    }

    /// Whether its text is UTF-16. Other text is in code page 1252.
    pub(super) const fn is_unicode(self) -> bool {
        matches!(self, Self::NChar(_) | Self::NVarChar(_) | Self::NText)
    }

    /// Whether it is one of the old types that can be neither compared nor ordered.
    pub(super) const fn is_legacy(self) -> bool {
        matches!(self, Self::Text | Self::NText)
    }

    /// The precedence of data types in SQL Server. Where two types meet, the higher one wins.
    pub(super) const fn precedence(self) -> u8 {
        match self {
            Self::DateTimeOffset(_) => 25,
            Self::DateTime2(_) => 24,
            Self::DateTime => 23,
            Self::SmallDateTime => 22,
            Self::Date => 21,
            Self::Time(_) => 20,
            Self::Float => 19,
            Self::Real => 18,
            Self::Decimal { .. } | Self::Numeric { .. } => 17,
            Self::Money => 16,
            Self::SmallMoney => 15,
            Self::BigInt => 14,
            Self::Int => 13,
            Self::SmallInt => 12,
            Self::TinyInt => 11,
            Self::Bit => 10,
            Self::NText => 9,
            Self::Text => 8,
            Self::UniqueIdentifier => 7,
            Self::NVarChar(_) => 6,
            Self::NChar(_) => 5,
            Self::VarChar(_) => 4,
            Self::Char(_) => 3,
            Self::VarBinary(_) => 2,
        }
    }

    /// The type in which two values are compared.
    pub(super) fn common(self, other: Self) -> Self {
        let higher = if self.precedence() >= other.precedence() { self } else { other };
        match higher {
            // A length of `max` keeps the comparison from cutting either value.
            Self::NVarChar(_) | Self::NChar(_) => Self::NVarChar(None),
            Self::VarChar(_) | Self::Char(_) => Self::VarChar(None),
            Self::VarBinary(_) => Self::VarBinary(None),
            Self::DateTime2(_) => Self::DateTime2(7),
            Self::DateTimeOffset(_) => Self::DateTimeOffset(7),
            Self::Time(_) => Self::Time(7),
            Self::Decimal { .. } | Self::Numeric { .. } => Self::Decimal {
                precision: 38,
                scale: [self, other]
                    .into_iter()
                    .filter_map(Self::exact)
                    .map(|(_, scale)| scale)
                    .max()
                    .unwrap_or(0),
            },
            higher => higher,
        }
    }
}

impl fmt::Display for SqlType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name();
        match *self {
            Self::Decimal { precision, scale } | Self::Numeric { precision, scale } => {
                write!(f, "{name}({precision}, {scale})")
            }
            Self::DateTime2(scale) | Self::DateTimeOffset(scale) | Self::Time(scale) => {
                write!(f, "{name}({scale})")
            }
            Self::Char(length)
            | Self::NChar(length)
            | Self::VarChar(Some(length))
            | Self::NVarChar(Some(length))
            | Self::VarBinary(Some(length)) => {
                write!(f, "{name}({length})")
            }
            Self::VarChar(None) | Self::NVarChar(None) | Self::VarBinary(None) => write!(f, "{name}(max)"),
            _ => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_reads_back_as_it_is_written() {
        for text in [
            "bit",
            "decimal(12, 3)",
            "nvarchar(max)",
            "varchar(200)",
            "datetime2(3)",
            "datetimeoffset(7)",
            "float",
            "varbinary(max)",
            "ntext",
        ] {
            assert_eq!(SqlType::parse(text).unwrap().to_string(), text);
        }
        for text in ["geography", "nvarchar(5000)", "datetime2(8)", "decimal(39, 0)"] {
            assert_eq!(SqlType::parse(text).unwrap_err().number, 243, "{text}");
        }
    }

    #[test]
    fn a_comparison_is_made_in_the_higher_type() {
        let check = |a: &str, b: &str, expect: &str| {
            let (a, b) = (SqlType::parse(a).unwrap(), SqlType::parse(b).unwrap());
            assert_eq!(
                (a.common(b).to_string(), b.common(a).to_string()),
                (expect.to_owned(), expect.to_owned())
            );
        };
        check("datetime", "nvarchar(50)", "datetime");
        check("datetime", "datetime2(3)", "datetime2(7)");
        check("varchar(10)", "nvarchar(50)", "nvarchar(max)");
        check("int", "decimal(12, 3)", "decimal(38, 3)");
        check("decimal(12, 3)", "float", "float");
    }
}
