//! A field's value in a column of another type than its own: a number in a text, a state in a checkbox.

use crate::core::codec::option_name;
use crate::core::mapping::Bound;
use crate::core::{Codec, FieldKey, PropertyKind, Value};

/// What a value that was read from a column of the type `found` is in the field's own form.
pub fn heard(bound: &Bound, found: PropertyKind, value: Value) -> Value {
    use PropertyKind::{Checkbox, MultiSelect, Number, RichText, Status};
    if bound.field.key == FieldKey::CLOSED_AS {
        return reason(value);
    }
    match (bound.form, found) {
        (Number, RichText) => match value.as_text().trim().parse() {
            Ok(number) => Value::Number(number),
            // Somebody wrote words there: they differ from every number, so they are put back.
            Err(_) => value,
        },
        (MultiSelect, RichText) => Value::set(
            value
                .as_text()
                .split(',')
                .map(str::trim)
                .filter(|name| !name.is_empty()),
        ),
        (Status, Checkbox) => ticked(bound, &value),
        _ => value,
    }
}

/// What a field's value is in a column of the type `found`.
pub fn said(bound: &Bound, found: PropertyKind, value: &Value) -> Value {
    use PropertyKind::{Checkbox, MultiSelect, RichText, Select, Status};
    match (bound.form, found, value) {
        (_, RichText, Value::Number(number)) => Value::text(number.to_string()),
        (MultiSelect, RichText, Value::Set(names)) => {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            Value::text(names.join(", "))
        }
        (RichText, Select, Value::Text(text)) => Value::text(option_name(text)),
        (Status, Checkbox, _) => Value::Bool(is_closed(bound, value)),
        _ => value.clone(),
    }
}

/// The reason that a person means: GitHub's own word for one (`not_planned`), however it is written. Other words stay.
fn reason(value: Value) -> Value {
    let word = value.as_text().trim().to_lowercase().replace('_', " ");
    match word.as_str() {
        "completed" | "not planned" | "duplicate" => Value::text(word),
        _ => value,
    }
}

/// A ticked box means closed.
fn ticked(bound: &Bound, value: &Value) -> Value {
    let Codec::State(states) = &bound.field.codec else {
        return value.clone();
    };
    let options = match value {
        Value::Bool(true) => &states.closed,
        _ => &states.open,
    };
    options.first().map_or(Value::Null, Value::text)
}

fn is_closed(bound: &Bound, value: &Value) -> bool {
    match &bound.field.codec {
        Codec::State(states) => states.state(value.as_text()) == Some("closed"),
        _ => false,
    }
}
