//! Runs an operation, and picks what it selects.

use serde_json::{Map, Value, json};

use super::coerce::{Variables, coerced, json_of};
use super::document::{Document, Field, Kind, Operation, Root, Selection};
use super::flatten::fields;
use super::page::page;
use super::refusal::Refusal;
use super::roots;
use super::schema::{Schema, Type};
use super::store::Store;
use super::thing::Thing;
use super::view;

/// A valid document with the values of its variables.
pub struct Run<'a> {
    pub document: &'a Document,
    pub operation: &'a Operation,
    pub variables: &'a Variables,
}

impl Run<'_> {
    /// The data of the answer. The first root field that refuses ends it: no root field can be null.
    pub fn data(&self, store: &mut Store) -> Result<Value, Refusal> {
        let root = match self.operation.root {
            Root::Query => "Query",
            Root::Mutation => "Mutation",
        };
        let mut data = Map::new();
        for field in fields(self.document, &self.operation.selections) {
            let value = self.root(store, root, field).map_err(|refusal| refusal.of_field(field.key(), field.at))?;
            data.insert(field.key().to_owned(), value);
        }
        Ok(Value::Object(data))
    }

    fn root(&self, store: &mut Store, root: &str, field: &Field) -> Result<Value, Refusal> {
        let Some(output) = Schema::linear().field(root, &field.name) else { return Ok(json!(root)) };
        let args = self.arguments(root, field);
        let thing = match self.operation.root {
            Root::Query => roots::query(store, &field.name, &args)?,
            Root::Mutation => roots::mutation(store, &field.name, &args)?,
        };
        self.complete(store, &output.kind, thing, field, &args)
    }

    fn arguments(&self, of: &str, field: &Field) -> Map<String, Value> {
        let Some(output) = Schema::linear().field(of, &field.name) else { return Map::new() };
        let each = field.arguments.iter().filter_map(|argument| {
            let value = json_of(&argument.value, self.variables)?;
            let kind = &output.arguments.get(&argument.name)?.kind;
            Some((argument.name.clone(), coerced(kind, &value, &argument.name).unwrap_or(value)))
        });
        each.collect()
    }

    fn select(&self, store: &Store, of: &str, thing: &Thing, selections: &[Selection]) -> Result<Value, Refusal> {
        let mut map = Map::new();
        for field in fields(self.document, selections) {
            let key = field.key().to_owned();
            let Some(output) = Schema::linear().field(of, &field.name) else {
                map.insert(key, json!(of));
                continue;
            };
            let held = match thing {
                Thing::One(node) => view::field(store, node, &field.name),
                Thing::Record(record) => record.get(field.name.as_str()).cloned(),
                Thing::Leaf(_) | Thing::Many(_) => None,
            };
            let args = self.arguments(of, field);
            let missing = || absent(&output.kind, of, &field.name);
            let held = held.map_or_else(missing, Ok)?;
            map.insert(key, self.complete(store, &output.kind, held, field, &args)?);
        }
        Ok(Value::Object(map))
    }

    fn complete(
        &self,
        store: &Store,
        kind: &Kind,
        thing: Thing,
        field: &Field,
        args: &Map<String, Value>,
    ) -> Result<Value, Refusal> {
        let of = kind.name();
        match thing {
            Thing::Leaf(value) => Ok(value),
            Thing::Many(all) if of.ends_with("Connection") => {
                let page = page(store, all, args)?;
                self.select(store, of, &page, &field.selections)
            }
            Thing::Many(all) => {
                let each = all.iter().map(|one| self.select(store, of, one, &field.selections));
                each.collect::<Result<Vec<_>, _>>().map(Value::Array)
            }
            Thing::One(_) | Thing::Record(_) => self.select(store, of, &thing, &field.selections),
        }
    }
}

/// The value of a field that the stand-in does not keep: nothing of its type.
fn absent(kind: &Kind, of: &str, name: &str) -> Result<Thing, Refusal> {
    let Kind::Must(inner) = kind else { return Ok(Thing::Leaf(Value::Null)) };
    if kind.name().ends_with("Connection") || matches!(**inner, Kind::List(_)) {
        return Ok(Thing::Many(vec![]));
    }
    let value = match (kind.name(), Schema::linear().get(kind.name())) {
        ("Boolean", _) => json!(false),
        ("Int" | "Float", _) => json!(0),
        ("String" | "ID", _) => json!(""),
        ("JSON" | "JSONObject", _) => json!({}),
        (_, Some(Type::Enum(values))) => json!(values.first()),
        _ => return Err(Refusal::not_served(&format!("the field \"{of}.{name}\""))),
    };
    Ok(Thing::Leaf(value))
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Duration};
    use lookback_clock::{Clock, Rng};

    use super::super::coerce::variables;
    use super::super::parse::parse;
    use super::super::seed::fill;
    use super::super::store::fixed;
    use super::*;

    const ID: &str = "0d1a8118-98ca-419e-9516-2fc6abfc62e4";
    const CREATE: &str =
        "mutation($i: IssueCreateInput!) { issueCreate(input: $i) { success issue { id identifier state { type } } } }";
    const UPDATE: &str = "mutation($i: IssueUpdateInput!) { issueUpdate(id: \"ENG-1\", input: $i) { issue { identifier state { name type } labelIds completedAt } } }";

    fn workspace() -> (Store, Clock) {
        let clock = Clock::standing(DateTime::UNIX_EPOCH);
        let mut store = Store::empty(&clock, &Rng::seeded(1), "http://x");
        fill(&mut store);
        (store, clock)
    }

    fn ask(store: &mut Store, query: &str, given: Value) -> Result<Value, String> {
        let document = parse(query).unwrap();
        let operation = &document.operations[0];
        let variables = variables(operation, given.as_object().unwrap()).unwrap();
        let run = Run { document: &document, operation, variables: &variables };
        run.data(store).map_err(|refusal| refusal.shown()["message"].as_str().unwrap().to_owned())
    }

    fn input(more: Value) -> Value {
        let mut input = json!({"teamId": fixed("team ENG"), "title": "A title"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"i": input})
    }

    #[test]
    fn the_same_id_makes_one_issue_even_in_the_trash() {
        let (mut store, _) = workspace();
        let made = ask(&mut store, CREATE, input(json!({"id": ID}))).unwrap();
        let issue = json!({"id": ID, "identifier": "ENG-1", "state": {"type": "backlog"}});
        assert_eq!(made["issueCreate"], json!({"success": true, "issue": issue}));
        let again = ask(&mut store, CREATE, input(json!({"id": ID})));
        assert_eq!(again, Err("conflict on insert of Issue".into()));
        let trash = "mutation { issueDelete(id: \"ENG-1\") { success entity { trashed } } }";
        assert_eq!(ask(&mut store, trash, json!({})).unwrap()["issueDelete"]["entity"]["trashed"], true);
        assert!(ask(&mut store, CREATE, input(json!({"id": ID}))).is_err());
        assert_eq!(store.issues.len(), 1);
    }

    #[test]
    fn inputs_that_do_not_belong_together_are_refused() {
        let (mut store, _) = workspace();
        let label = |name: &str| fixed(&format!("label {name}"));
        for (more, words) in [
            (json!({"id": "0d1a8118-98ca-119e-9516-2fc6abfc62e4"}), "Argument Validation Error"),
            (json!({"teamId": "ENG"}), "Argument Validation Error"),
            (json!({"teamId": fixed("team SEC")}), "Entity not found: Team"),
            (json!({"title": " "}), "Argument Validation Error"),
            (json!({"priority": 5}), "Argument Validation Error"),
            (
                json!({"stateId": fixed("state SUP Done")}),
                "Discrepancy between issue team and state, cycle or project.",
            ),
            (json!({"labelIds": [label("Area")]}), "labelIds contained a label group"),
            (json!({"labelIds": [label("Build"), label("Docs")]}), "labelIds not exclusive child labels"),
            (json!({"labelIds": [label("customer")]}), "labelIds for incorrect team"),
            (json!({"assigneeId": fixed("noor")}), "assigneeId for incorrect team"),
            (json!({"assigneeId": fixed("ben")}), "assigneeId is not active"),
            (json!({"assigneeId": fixed("nobody")}), "Entity not found: User"),
            (json!({"cycleId": ID}), "The simulated Linear does not serve the input \"cycleId\"."),
        ] {
            assert_eq!(ask(&mut store, CREATE, input(more.clone())), Err(words.into()), "{more}");
        }
        assert!(store.issues.is_empty());
    }

    #[test]
    fn what_comes_from_outside_lands_in_triage_and_keeps_its_id_when_moved() {
        let (mut store, clock) = workspace();
        let made = ask(&mut store, CREATE, input(json!({"teamId": fixed("team SUP")}))).unwrap();
        assert_eq!(made["issueCreate"]["issue"]["state"]["type"], "triage");
        ask(&mut store, CREATE, input(json!({"labelIds": [fixed("label flaky"), fixed("label retro")]}))).unwrap();
        clock.advance(Duration::seconds(1));
        let done = ask(&mut store, UPDATE, json!({"i": {"stateId": fixed("state ENG Done")}})).unwrap();
        assert_eq!(done["issueUpdate"]["issue"]["completedAt"], "1970-01-01T00:00:01.000Z");
        let moved = ask(&mut store, UPDATE, json!({"i": {"teamId": fixed("team SUP")}})).unwrap();
        let issue = &moved["issueUpdate"]["issue"];
        assert_eq!((issue["identifier"].as_str(), issue["state"]["name"].as_str()), (Some("SUP-2"), Some("Done")));
        assert_eq!(issue["labelIds"], json!([fixed("label retro")]));
        let old = ask(&mut store, "{ issue(id: \"ENG-1\") { previousIdentifiers } }", json!({})).unwrap();
        assert_eq!(old["issue"]["previousIdentifiers"], json!(["ENG-1"]));
    }

    #[test]
    fn lists_are_paged_and_leave_out_what_is_archived_gone_or_hidden() {
        let (mut store, clock) = workspace();
        for _ in 0..3 {
            clock.advance(Duration::seconds(1));
            ask(&mut store, CREATE, input(json!({}))).unwrap();
        }
        let list = "query($n: Int, $a: String) { issues(first: $n, after: $a) { nodes { identifier } pageInfo { hasNextPage endCursor } } }";
        let one = ask(&mut store, list, json!({"n": 2})).unwrap();
        assert_eq!(one["issues"]["nodes"], json!([{"identifier": "ENG-3"}, {"identifier": "ENG-2"}]));
        let after = one["issues"]["pageInfo"]["endCursor"].clone();
        let two = ask(&mut store, list, json!({"n": 2, "a": after})).unwrap();
        assert_eq!(two["issues"]["pageInfo"]["hasNextPage"], false);
        for wrong in [json!({"n": 251}), json!({"n": 0}), json!({"a": "x"})] {
            assert_eq!(ask(&mut store, list, wrong), Err("Argument Validation Error".into()));
        }
        ask(&mut store, "mutation { issueArchive(id: \"ENG-3\") { success } }", json!({})).unwrap();
        let count = |answer: &Value, root: &str| answer[root]["nodes"].as_array().unwrap().len();
        assert_eq!(count(&ask(&mut store, list, json!({})).unwrap(), "issues"), 2);
        let all = ask(
            &mut store,
            "{ issues(includeArchived: true) { nodes { id } } users { nodes { id } } teams { nodes { id } } }",
            json!({}),
        );
        let all = all.unwrap();
        assert_eq!((count(&all, "issues"), count(&all, "users"), count(&all, "teams")), (3, 4, 2));
        store.lag = Duration::seconds(60);
        assert_eq!(count(&ask(&mut store, list, json!({})).unwrap(), "issues"), 0);
        assert!(ask(&mut store, "{ issue(id: \"ENG-1\") { id } }", json!({})).is_ok());
    }

    #[test]
    fn attachments_are_renewed_by_address_and_a_reader_writes_nothing() {
        let (mut store, _) = workspace();
        ask(&mut store, CREATE, input(json!({}))).unwrap();
        let attach = "mutation($t: String!) { attachmentCreate(input: {issueId: \"ENG-1\", url: \"https://x/1\", title: $t}) { attachment { id title } } }";
        let one = ask(&mut store, attach, json!({"t": "a"})).unwrap();
        let two = ask(&mut store, attach, json!({"t": "b"})).unwrap();
        assert_eq!(one["attachmentCreate"]["attachment"]["id"], two["attachmentCreate"]["attachment"]["id"]);
        assert_eq!((store.attachments.len(), store.attachments[0].title.as_str()), (1, "b"));
        let label =
            "mutation($n: String!) { issueLabelCreate(input: {name: $n}) { issueLabel { isGroup team { id } } } }";
        assert_eq!(ask(&mut store, label, json!({"n": "RETRO"})), Err("duplicate label name".into()));
        store.rights.forbidden.insert("issueLabelCreate".into());
        assert!(ask(&mut store, label, json!({"n": "new"})).unwrap_err().contains("permission"));
        store.rights.is_read_only = true;
        assert_eq!(ask(&mut store, CREATE, input(json!({}))), Err("Invalid scope: `write` required".into()));
        assert!(ask(&mut store, "{ viewer { id } organization { urlKey } }", json!({})).is_ok());
    }
}
