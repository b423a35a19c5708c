//! The complexity of a query: a point an object, a tenth a field, and a connection times its page size.
//! <https://linear.app/developers/rate-limiting>

use serde_json::Value;

use super::coerce::{Variables, json_of};
use super::document::{Document, Field, Operation, Root, Selection};
use super::flatten::fields;
use super::page::SIZE;
use super::schema::Schema;

/// Its points, rounded up.
pub fn points(document: &Document, operation: &Operation, variables: &Variables) -> i64 {
    let root = match operation.root {
        Root::Query => "Query",
        Root::Mutation => "Mutation",
    };
    let count = Count { document, variables };
    let tenths = count.selections(root, &operation.selections, 1);
    (tenths + 9) / 10
}

struct Count<'a> {
    document: &'a Document,
    variables: &'a Variables,
}

impl Count<'_> {
    /// In tenths of a point. `times` is the page size for what lies in a page.
    fn selections(&self, of: &str, selections: &[Selection], times: i64) -> i64 {
        let each = fields(self.document, selections).into_iter().map(|field| {
            let is_row = matches!(field.name.as_str(), "nodes" | "edges");
            let cost = self.field(of, field);
            if is_row { cost.saturating_mul(times) } else { cost }
        });
        each.fold(0, i64::saturating_add)
    }

    fn field(&self, of: &str, field: &Field) -> i64 {
        let Some(output) = Schema::linear().field(of, &field.name) else { return 1 };
        let kind = output.kind.name();
        if Schema::linear().is_leaf(kind) {
            return 1;
        }
        let first = field.arguments.iter().find(|argument| argument.name == "first");
        let size = first.and_then(|argument| json_of(&argument.value, self.variables));
        let size = size.as_ref().and_then(Value::as_i64).unwrap_or(SIZE).max(1);
        self.selections(kind, &field.selections, size).saturating_add(10)
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::*;

    #[test]
    fn pages_multiply() {
        let cost = |query: &str| {
            let document = parse(query).unwrap();
            points(&document, &document.operations[0], &Variables::new())
        };
        assert_eq!(cost("{ viewer { id name email displayName } }"), 2);
        assert_eq!(cost("{ issues(first: 10) { nodes { id } } }"), 12);
        assert_eq!(cost("{ issues { nodes { id } pageInfo { hasNextPage } } }"), 58);
        assert!(cost("{ issues(first: 250) { nodes { labels { nodes { id } } } } }") > 10_000);
    }
}
