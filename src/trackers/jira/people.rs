//! Accounts: whose token it is, and who can own a ticket.

use serde::Deserialize;
use serde_json::Value;

use super::client::Jira;
use crate::trackers::{Fault, Whoami};
use lookback_core::text::{clean, cut};

/// An account, as a search shows it. Its address is empty where the person hides it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct User {
    account_id: String,
    account_type: String,
    active: bool,
    email_address: Option<String>,
}

impl Jira {
    /// Whose token it is.
    pub async fn whoami(&self) -> Result<Whoami, Fault> {
        let myself = self.myself().await?;
        let name = if myself.display_name.trim().is_empty() { myself.account_id } else { myself.display_name };
        Ok(Whoami { name: cut(clean(&name).replace(['\n', '\t'], " ").trim(), 100) })
    }

    /// The account id of the one active person with this address who can own tickets of the project.
    pub async fn person(&self, project: &str, email: &str) -> Result<Option<String>, Fault> {
        let email = email.trim();
        // A query without `@` would be compared with the beginnings of names.
        if !email.contains('@') {
            return Ok(None);
        }
        Ok(one(&self.assignable(project, "query", email).await?, email))
    }

    /// Whether this account is active and can own tickets of the project. True, too, where the token may not see accounts: then a
    /// create tells.
    pub async fn can_own(&self, project: &str, account: &str) -> Result<bool, Fault> {
        if account.trim().is_empty() {
            return Ok(false);
        }
        let users = self.assignable(project, "accountId", account).await?;
        let is_there = users.iter().any(|user| user.active && user.account_id == account);
        Ok(is_there || (users.is_empty() && !self.may_browse_users().await?))
    }

    /// Without this right every search is empty.
    async fn may_browse_users(&self) -> Result<bool, Fault> {
        let answer: Value = self.get(&["mypermissions"], &[("permissions", "USER_PICKER")]).await?;
        let has = answer.pointer("/permissions/USER_PICKER/havePermission").and_then(Value::as_bool);
        Ok(has != Some(false))
    }

    /// Accounts that can own tickets of the project, searched by one of Jira's parameters. Without the right to browse users the list is empty and no error:
    /// <https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-user-search/#api-rest-api-3-user-assignable-search-get>
    async fn assignable(&self, project: &str, by: &str, what: &str) -> Result<Vec<User>, Fault> {
        let users: Vec<User> = self.get(&["user", "assignable", "search"], &[("project", project), (by, what)]).await?;
        if users.is_empty() {
            self.myself().await?;
        }
        Ok(users)
    }
}

/// The one whose address it is. Somebody who hides it counts only if nobody else came back: a search finds beginnings, too.
fn one(users: &[User], email: &str) -> Option<String> {
    let people: Vec<&User> = users.iter().filter(|user| user.active && user.account_type == "atlassian").collect();
    let shown = |user: &User| user.email_address.clone().filter(|email| !email.is_empty());
    let is_theirs = |user: &User| shown(user).is_some_and(|shown| shown.to_lowercase() == email.to_lowercase());
    let with: Vec<&&User> = people.iter().filter(|user| is_theirs(user)).collect();
    let found = match (with.as_slice(), people.as_slice()) {
        ([user], _) => user,
        ([], [user]) if shown(user).is_none() => user,
        _ => return None,
    };
    (!found.account_id.is_empty()).then(|| found.account_id.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: &str, email: Option<&str>) -> User {
        let email_address = email.map(str::to_owned);
        User { account_id: id.into(), account_type: "atlassian".into(), active: true, email_address }
    }

    #[test]
    fn exactly_one_active_person_is_taken() {
        let ben = user("1", Some("Ben@Example.com"));
        let longer = user("2", Some("ben@example.com.au"));
        let hidden = user("3", None);
        let empty = user("4", Some(""));
        let gone = User { active: false, ..user("5", Some("ben@example.com")) };
        let robot = User { account_type: "app".into(), ..user("6", Some("ben@example.com")) };
        let found =
            |users: &[&User]| one(&users.iter().map(|user| (*user).clone()).collect::<Vec<_>>(), "ben@example.com");
        assert_eq!(found(&[&ben]).as_deref(), Some("1"));
        assert_eq!(found(&[&ben, &longer, &gone, &robot]).as_deref(), Some("1"));
        assert_eq!(found(&[&hidden]).as_deref(), Some("3"));
        assert_eq!(found(&[&empty, &gone]).as_deref(), Some("4"));
        for nobody in [vec![], vec![&longer], vec![&gone], vec![&robot], vec![&hidden, &longer], vec![&ben, &ben]] {
            assert_eq!(found(&nobody), None, "{nobody:?}");
        }
    }
}
