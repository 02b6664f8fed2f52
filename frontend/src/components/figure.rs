//! Small things that appear in many places: a figure that may be unknown, a cell, a pair of name and figure,
//! a link to a run.

use chrono::NaiveDate;
use yew::prelude::*;

use crate::route::run_link;

/// A figure, or a dash that says why there is none.
pub(crate) fn figure(text: Option<String>, why_not: impl Into<AttrValue>) -> Html {
    if let Some(text) = text.filter(says_something) {
        return html! { {text} };
    }
    let why_not = why_not.into();
    html! { <span class="none" role="img" title={why_not.clone()} aria-label={why_not}>{ "–" }</span> }
}

/// A table cell. On a phone the table becomes a list, and the label stands before the content.
pub(crate) fn cell(label: &'static str, content: Html) -> Html {
    html! { <td data-label={label}>{content}</td> }
}

/// A table cell with a long text, which takes a line of its own on a phone.
pub(crate) fn wide_cell(label: &'static str, content: Html) -> Html {
    html! { <td class="wide" data-label={label}>{content}</td> }
}

/// A table cell that holds a number.
pub(crate) fn number_cell(label: &'static str, text: Option<String>, why_not: &'static str) -> Html {
    html! { <td class="number" data-label={label}>{ figure(text, why_not) }</td> }
}

/// A name and its figure, for a list of facts.
pub(crate) fn fact(name: &'static str, text: Option<String>, why_not: &'static str) -> Html {
    html! { <div><dt>{name}</dt><dd>{ figure(text, why_not) }</dd></div> }
}

/// A run's number as a link to its page.
pub(crate) fn run_number(number: &str, date: Option<NaiveDate>) -> Html {
    html! { <a class="run-number" href={run_link(number, date)}>{ number.to_owned() }</a> }
}

/// The first text that says something. Old systems leave a blank where others leave nothing.
pub(crate) fn first_known<const N: usize>(texts: [Option<&String>; N]) -> Option<String> {
    texts.into_iter().flatten().find(|text| says_something(text)).cloned()
}

#[expect(clippy::ptr_arg, reason = "`Option::filter` hands on a reference to what it holds")]
fn says_something(text: &String) -> bool {
    !text.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::first_known;

    #[test]
    fn a_blank_text_is_none() {
        let (blank, name) = (" ".to_owned(), "Line 1".to_owned());
        assert_eq!(first_known([Some(&blank), None, Some(&name)]), Some(name));
        assert_eq!(first_known([Some(&blank), None]), None);
    }
}
