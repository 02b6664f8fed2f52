//! What answers and parameters look like, as JSON Schema.

use api::query::{AFTER_MAX, Limit, Parameter as _, ParameterKind, TEXT_MAX};
use api::shape::{Accepted, ObjectShape};
use api::{Operation, Shape};

use super::document::{Kind, Literal, Members, Others, Schema};

/// A time on the factory's clock. It has no offset, so it is no `date-time`.
const WALL_CLOCK: &str = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?$";

/// No control characters, and not blanks alone.
const PLAIN_TEXT: &str =
    r"^[^\u0000-\u001F\u007F-\u009F]*[^\s\u0000-\u001F\u007F-\u009F][^\u0000-\u001F\u007F-\u009F]*$";

/// The schema of a value. An object is named, and its own schema stands among the components.
pub(super) fn of_shape(shape: Shape) -> Schema {
    match shape {
        Shape::Text => typed("string"),
        Shape::Whole => Schema { format: Some("int64"), ..typed("integer") },
        Shape::Number => Schema { format: Some("double"), ..typed("number") },
        Shape::Flag => typed("boolean"),
        Shape::Date => Schema { format: Some("date"), ..typed("string") },
        Shape::Time => Schema { pattern: Some(WALL_CLOCK), ..typed("string") },
        Shape::Instant => Schema { format: Some("date-time"), ..typed("string") },
        Shape::Nullable(inner) => or_null(of_shape(*inner)),
        Shape::List(inner) => Schema { items: Some(Box::new(of_shape(*inner))), ..typed("array") },
        Shape::Map(inner) => Schema {
            additional_properties: Some(Others::Like(Box::new(of_shape(*inner)))),
            ..typed("object")
        },
        Shape::Object(object) => Schema { reference: Some(place(object.name)), ..Schema::default() },
        Shape::Any => typed("object"),
    }
}

/// The schema of a good answer. A page of a list is never longer than the largest `limit`.
pub(super) fn of_answer(operation: &Operation) -> Schema {
    let schema = of_shape(operation.answer);
    let ParameterKind::Whole { max, .. } = Limit::KIND else { return schema };
    if operation.is_list() { Schema { max_items: Some(max), ..schema } } else { schema }
}

/// The schema of an object's fields. All of them are always there.
pub(super) fn of_object(object: &'static ObjectShape) -> Schema {
    let field = |field: &'static api::Field| {
        let schema = accepting(of_shape(field.shape), field.accepted);
        (field.name, Schema { description: Some(field.doc.trim()), ..schema })
    };
    Schema {
        description: Some(object.doc.trim()),
        properties: Some(object.fields.iter().map(field).collect::<Members<_>>()),
        required: object.fields.iter().map(|field| field.name).collect(),
        additional_properties: Some(Others::Refused(false)),
        ..typed("object")
    }
}

/// The schema of those values of another that are accepted.
fn accepting(schema: Schema, accepted: Accepted) -> Schema {
    match accepted {
        Accepted::Any => schema,
        Accepted::AtLeast(least) => Schema { minimum: Some(least), ..schema },
        Accepted::Within(least, most) => Schema { minimum: Some(least), maximum: Some(most), ..schema },
        Accepted::OneOf(names) => {
            let named = Schema { one_of: Some(names), ..typed("string") };
            let may_be_null = matches!(schema.kind, Some(Kind::OrNull(_)));
            if may_be_null {
                Schema { any_of: vec![named, typed("null")], ..Schema::default() }
            } else {
                named
            }
        }
    }
}

/// The objects that a shape is made of.
pub(super) fn objects_in(shape: Shape) -> Vec<&'static ObjectShape> {
    match shape {
        Shape::Nullable(inner) | Shape::List(inner) | Shape::Map(inner) => objects_in(*inner),
        Shape::Object(object) => {
            let below = object.fields.iter().flat_map(|field| objects_in(field.shape));
            std::iter::once(object).chain(below).collect()
        }
        _ => Vec::new(),
    }
}

/// The schema of a parameter.
pub(super) fn of_parameter(kind: ParameterKind) -> Schema {
    match kind {
        ParameterKind::Whole { min, max, default } => Schema {
            minimum: Some(min),
            maximum: Some(max),
            default: default.map(Literal::Whole),
            ..typed("integer")
        },
        ParameterKind::Date => Schema { format: Some("date"), ..typed("string") },
        ParameterKind::Text => Schema {
            min_length: Some(1),
            max_length: Some(TEXT_MAX),
            pattern: Some(PLAIN_TEXT),
            ..typed("string")
        },
        ParameterKind::Flag => typed("boolean"),
        ParameterKind::After => Schema { max_length: Some(AFTER_MAX), ..typed("string") },
        ParameterKind::OneOf(words) => Schema { one_of: Some(words), ..typed("string") },
    }
}

/// Where the components have an object of this name.
pub(super) fn place(name: &str) -> String {
    format!("#/components/schemas/{name}")
}

/// A schema of one type.
pub(super) fn typed(kind: &'static str) -> Schema {
    Schema { kind: Some(Kind::One(kind)), ..Schema::default() }
}

fn or_null(schema: Schema) -> Schema {
    match schema.kind {
        Some(Kind::One(kind)) => Schema { kind: Some(Kind::OrNull([kind, "null"])), ..schema },
        _ => Schema { any_of: vec![schema, typed("null")], ..Schema::default() },
    }
}

#[cfg(test)]
mod tests {
    use api::Described;

    use super::*;

    #[test]
    fn a_value_that_may_be_missing_may_be_null_and_nothing_else() {
        let check =
            |shape, expect: &str| assert_eq!(serde_json::to_string(&of_shape(shape)).unwrap(), expect);
        check(<Option<f64>>::SHAPE, r#"{"type":["number","null"],"format":"double"}"#);
        check(
            <Option<api::runs::RunSheet>>::SHAPE,
            r##"{"anyOf":[{"$ref":"#/components/schemas/RunSheet"},{"type":"null"}]}"##,
        );
        check(
            <Vec<Option<chrono::NaiveDate>>>::SHAPE,
            r#"{"type":"array","items":{"type":["string","null"],"format":"date"}}"#,
        );
    }

    #[test]
    fn a_field_tells_which_values_it_may_have() {
        let check = |accepted, shape, expect: &str| {
            assert_eq!(serde_json::to_string(&accepting(of_shape(shape), accepted)).unwrap(), expect);
        };
        check(Accepted::AtLeast(1), Shape::Whole, r#"{"type":"integer","format":"int64","minimum":1}"#);
        check(
            Accepted::Within(0, 100),
            <Option<f64>>::SHAPE,
            r#"{"type":["number","null"],"format":"double","minimum":0,"maximum":100}"#,
        );
        check(Accepted::OneOf(&["a", "b"]), Shape::Text, r#"{"type":"string","enum":["a","b"]}"#);
        check(
            Accepted::OneOf(&["a"]),
            <Option<String>>::SHAPE,
            r#"{"anyOf":[{"type":"string","enum":["a"]},{"type":"null"}]}"#,
        );
    }

    #[test]
    fn a_parameter_tells_its_bounds_and_what_is_meant_without_it() {
        let check =
            |kind, expect: &str| assert_eq!(serde_json::to_string(&of_parameter(kind)).unwrap(), expect);
        check(Limit::KIND, r#"{"type":"integer","minimum":1,"maximum":10000,"default":1000}"#);
        check(<Option<Limit>>::KIND, r#"{"type":"integer","minimum":1,"maximum":10000}"#);
        check(api::Format::KIND, r#"{"type":"string","enum":["json","csv","xlsx"]}"#);
    }

    #[test]
    fn an_object_names_all_that_it_is_made_of() {
        let names: Vec<_> =
            objects_in(api::runs::RunDetail::SHAPE).iter().map(|object| object.name).collect();
        assert_eq!(
            names,
            [
                "RunDetail",
                "Run",
                "RunTotals",
                "RunSheet",
                "RunInput",
                "RunOutput",
                "RunWeights",
                "CheckFinding"
            ]
        );
    }
}
