//! An endpoint without its types: what programs and people are told about it. OpenAPI is written from this.

use crate::query::{Paging, ParameterDoc};
use crate::shape::Shape;

/// How an endpoint is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads. HEAD asks the same for the headers alone.
    Get,
    /// Starts something.
    Post,
}

impl Method {
    /// Its name as HTTP writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// An endpoint as it is described.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// How it is asked.
    pub method: Method,
    /// The path, with `{name}` where a value goes. [`names`](crate::names) tells what each of these values
    /// is.
    pub path: &'static str,
    /// What it tells or does, in one line.
    pub summary: &'static str,
    /// What else a caller should know.
    pub about: &'static str,
    /// The parameters that it has beside those of every list.
    pub own_parameters: &'static [ParameterDoc],
    /// The status of a good answer.
    pub success: u16,
    /// The form of a good answer as JSON.
    pub answer: Shape,
    /// The forms beside JSON. Every list comes as CSV and as a workbook too, without being named here.
    pub media: &'static [Media],
    /// What it refuses beside what every endpoint does: a status and why.
    pub refusals: &'static [(u16, &'static str)],
    /// Where its answers lead.
    pub leads: &'static [Lead],
    /// Whether a good answer always tells when the ERP was read.
    pub dated: bool,
}

/// A form of an answer beside JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Media {
    /// The media type, without parameters.
    pub media_type: &'static str,
    /// The value of the parameter `format` that asks for it.
    pub format: &'static str,
    /// What it holds.
    pub doc: &'static str,
}

/// A value of an answer that another endpoint takes in its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lead {
    /// The path of the other endpoint, which is asked by GET.
    pub path: &'static str,
    /// The value's name in that path.
    pub value: &'static str,
    /// Where it stands in the answer, as a JSON pointer.
    pub pointer: &'static str,
}

/// The CSV of a list.
pub const CSV: Media = Media {
    media_type: "text/csv",
    format: "csv",
    doc: "The same rows as RFC 4180 has them, UTF-8, with a header also where there is no row",
};

/// The workbook of a list.
pub const XLSX: Media = Media {
    media_type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    format: "xlsx",
    doc: "The same rows as an Excel workbook: typed cells, a header that stays in view, and a note on each column",
};

impl Media {
    /// Whether it is a text, which can be shown and quoted.
    pub fn is_text(&self) -> bool {
        self.media_type != XLSX.media_type
    }
}

impl Operation {
    /// The parameters that can follow the path: its own and, if it answers a list, those of every list.
    pub fn parameters(&self) -> impl Iterator<Item = &'static ParameterDoc> + use<> {
        self.own_parameters.iter().chain(Paging::of(self.answer))
    }

    /// The names of the values in the path, in order.
    pub fn values(&self) -> impl Iterator<Item = &'static str> {
        self.path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
    }

    /// Whether it answers a list of objects, which has pages and comes as CSV and as a workbook too.
    pub const fn is_list(&self) -> bool {
        self.answer.is_list()
    }

    /// All forms beside JSON.
    pub fn other_media(&self) -> impl Iterator<Item = Media> {
        let of_list: &[Media] = if self.is_list() { &[CSV, XLSX] } else { &[] };
        of_list.iter().chain(self.media).copied()
    }

    /// A name for programs: `get_runs_by_run_number`.
    pub fn id(&self) -> String {
        id(self.method, self.path)
    }
}

impl Lead {
    /// The [`Operation::id`] of the other endpoint.
    pub fn operation_id(&self) -> String {
        id(Method::Get, self.path)
    }
}

fn id(method: Method, path: &str) -> String {
    let mut id = method.name().to_lowercase();
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        match segment.strip_prefix('{').and_then(|value| value.strip_suffix('}')) {
            Some(value) => id = format!("{id}_by_{value}"),
            None => id = format!("{id}_{}", segment.replace(['-', '.'], "_")),
        }
    }
    id
}

#[cfg(test)]
mod tests {
    use crate::{Method, pipeline, runs, yields};

    #[test]
    fn an_endpoint_without_its_types_still_tells_all_of_them() {
        let daily = yields::DAILY.operation();
        assert_eq!(
            (daily.id().as_str(), daily.is_list(), daily.values().count()),
            ("get_yield_daily", true, 0)
        );
        assert!(daily.about.contains("7 days where"), "{}", daily.about);
        let one = runs::ONE.operation();
        assert_eq!(
            (one.id().as_str(), one.is_list(), one.values().collect::<Vec<_>>()),
            ("get_runs_by_run_number", false, vec!["run_number"])
        );
        assert_eq!(one.other_media().count(), 0);
        let post = pipeline::START.operation();
        assert_eq!((post.id().as_str(), post.success, post.method), ("post_pipeline_run", 202, Method::Post));
    }
}
