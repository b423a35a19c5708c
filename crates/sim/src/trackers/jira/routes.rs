//! The addresses that the simulated Jira has, named as in the published API.

use super::issues;
use super::meta;
use super::model::State;
use super::notes;
use super::people;
use super::search;
use super::transitions;
use super::wire::{Ask, Outcome};

/// Serves one operation.
pub type Serve = fn(&mut State, &Ask) -> Outcome;

/// A call that has an address.
#[derive(Clone, Debug)]
pub struct Route {
    /// Such as `GET /rest/api/3/issue/{issueIdOrKey}`.
    pub operation: &'static str,
    /// What the path has at the places of `{…}`.
    pub params: Vec<String>,
    pub serve: Serve,
}

/// There is no such address, or it does not take the method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    NoAddress,
    WrongMethod,
}

/// The first that fits is meant, so names come before parameters.
const ROUTES: [(&str, Serve); 29] = [
    ("GET /rest/api/3/myself", people::myself),
    ("GET /rest/api/3/serverInfo", people::server),
    ("GET /rest/api/3/mypermissions", people::permissions),
    ("GET /rest/api/3/user/search", people::search),
    ("GET /rest/api/3/user/assignable/search", people::assignable),
    ("GET /rest/api/3/project/{projectIdOrKey}", meta::project),
    ("GET /rest/api/3/issue/createmeta", meta::gone_meta),
    ("GET /rest/api/3/issue/createmeta/{projectIdOrKey}/issuetypes", meta::issue_types),
    ("GET /rest/api/3/issue/createmeta/{projectIdOrKey}/issuetypes/{issueTypeId}", meta::fields),
    ("GET /rest/api/3/search", meta::gone),
    ("POST /rest/api/3/search", meta::gone),
    ("GET /rest/api/3/search/jql", search::by_query),
    ("POST /rest/api/3/search/jql", search::by_body),
    ("POST /rest/api/3/issue/bulkfetch", search::bulk_fetch),
    ("POST /rest/api/3/issue", issues::create),
    ("GET /rest/api/3/issue/{issueIdOrKey}", issues::read),
    ("PUT /rest/api/3/issue/{issueIdOrKey}", issues::edit),
    ("DELETE /rest/api/3/issue/{issueIdOrKey}", issues::delete),
    ("GET /rest/api/3/issue/{issueIdOrKey}/editmeta", issues::edit_meta),
    ("PUT /rest/api/3/issue/{issueIdOrKey}/assignee", issues::assign),
    ("GET /rest/api/3/issue/{issueIdOrKey}/transitions", transitions::list),
    ("POST /rest/api/3/issue/{issueIdOrKey}/transitions", transitions::take),
    ("GET /rest/api/3/issue/{issueIdOrKey}/comment", notes::comments),
    ("POST /rest/api/3/issue/{issueIdOrKey}/comment", notes::comment),
    ("GET /rest/api/3/issue/{issueIdOrKey}/remotelink", notes::links),
    ("POST /rest/api/3/issue/{issueIdOrKey}/remotelink", notes::link),
    ("GET /rest/api/3/issue/{issueIdOrKey}/properties", notes::property_keys),
    ("GET /rest/api/3/issue/{issueIdOrKey}/properties/{propertyKey}", notes::property),
    ("PUT /rest/api/3/issue/{issueIdOrKey}/properties/{propertyKey}", notes::set_property),
];

impl Route {
    /// It changes the issue that the path names.
    pub fn writes_to_issue(&self) -> bool {
        !self.operation.starts_with("GET ") && self.operation.contains("/issue/{issueIdOrKey}")
    }
}

/// The operation that a method and a path mean.
pub fn find(method: &str, path: &str) -> Result<Route, Lost> {
    let mut lost = Lost::NoAddress;
    for (operation, serve) in ROUTES {
        let Some((of, template)) = operation.split_once(' ') else { continue };
        let Some(params) = matched(template, path) else { continue };
        if of == method {
            return Ok(Route { operation, params, serve });
        }
        lost = Lost::WrongMethod;
    }
    Err(lost)
}

/// The parameters of a path that fits a template.
fn matched(template: &str, path: &str) -> Option<Vec<String>> {
    let mut params = Vec::new();
    let mut parts = path.split('/');
    for wanted in template.split('/') {
        let part = parts.next()?;
        if wanted.starts_with('{') {
            params.push(decoded(part).filter(|part| !part.is_empty())?);
        } else if wanted != part {
            return None;
        }
    }
    parts.next().is_none().then_some(params)
}

/// A path's part with its `%41` read. A plus stands for itself.
fn decoded(part: &str) -> Option<String> {
    let plain = part.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    url::form_urlencoded::parse(plain.as_bytes()).next().map(|(name, _)| name.into_owned())
}

#[cfg(test)]
mod tests {
    use super::{Lost, find};

    #[test]
    fn finds_the_operation() {
        let route = find("GET", "/rest/api/3/issue/OPS%2D1").unwrap();
        assert_eq!((route.operation, route.params), ("GET /rest/api/3/issue/{issueIdOrKey}", vec!["OPS-1".to_owned()]));
        assert_eq!(find("POST", "/rest/api/3/issue/bulkfetch").unwrap().params.len(), 0);
        assert_eq!(find("GET", "/rest/api/3/issue/createmeta/OPS/issuetypes/1").unwrap().params, ["OPS", "1"]);
        assert_eq!(find("PATCH", "/rest/api/3/issue/1").unwrap_err(), Lost::WrongMethod);
        assert_eq!(find("GET", "/rest/api/2/issue/1").unwrap_err(), Lost::NoAddress);
        assert_eq!(find("GET", "/rest/api/3/issue/").unwrap_err(), Lost::NoAddress);
        assert!(find("PUT", "/rest/api/3/issue/1/assignee").unwrap().writes_to_issue());
        assert!(!find("POST", "/rest/api/3/issue").unwrap().writes_to_issue());
    }
}
