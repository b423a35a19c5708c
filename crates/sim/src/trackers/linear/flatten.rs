//! The fields of a selection with its fragments laid out.

use super::document::{Document, Field, Selection};

/// In the order of the text. A fragment within itself, which no valid document has, counts as empty.
pub fn fields<'a>(document: &'a Document, selections: &'a [Selection]) -> Vec<&'a Field> {
    let mut all = vec![];
    lay_out(document, selections, &mut vec![], &mut all);
    all
}

fn lay_out<'a>(
    document: &'a Document,
    selections: &'a [Selection],
    within: &mut Vec<&'a str>,
    all: &mut Vec<&'a Field>,
) {
    for selection in selections {
        match selection {
            Selection::Field(field) => all.push(field),
            Selection::Inline(inline) => lay_out(document, &inline.selections, within, all),
            Selection::Spread(spread) => {
                let Some(fragment) = document.fragment(&spread.name) else { continue };
                if !within.contains(&fragment.name.as_str()) {
                    within.push(&fragment.name);
                    lay_out(document, &fragment.selections, within, all);
                    within.pop();
                }
            }
        }
    }
}
