//! A section of a page, with a heading.

use yew::prelude::*;

/// What a section is made of.
#[derive(Properties, PartialEq)]
pub(crate) struct Props {
    /// Names the section in the address.
    pub(crate) id: &'static str,
    pub(crate) title: AttrValue,
    /// What the heading leaves open: the window, how many there are.
    #[prop_or_default]
    pub(crate) note: AttrValue,
    pub(crate) children: Html,
}

/// A section of a page, with a heading.
#[component]
pub(crate) fn Section(props: &Props) -> Html {
    let heading = format!("{}-heading", props.id);
    html! {
        <section id={props.id} class="card" aria-labelledby={heading.clone()}>
            <h2 id={heading}>{ props.title.clone() } if !props.note.is_empty() { <small>{ props.note.clone() }</small> }</h2>
            { props.children.clone() }
        </section>
    }
}

/// What stands in place of a list that is not there yet, or that is empty.
pub(crate) fn instead_of_a_list(answered: bool, nothing: &'static str) -> Html {
    html! { <p class="quiet">{ if answered { nothing } else { "Loading…" } }</p> }
}
