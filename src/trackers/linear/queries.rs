//! All that is asked of Linear, as GraphQL documents. What varies is in their variables.
//! <https://linear.app/developers/graphql>
//!
//! Rule: a document asks for the fewest fields, because each counts against the hour's points.
//! <https://linear.app/developers/rate-limiting>

/// All documents, to be checked against Linear's schema.
pub const ALL: [&str; 12] =
    [VIEWER, TEAMS, MEMBERS, USERS, LABELS, STATES, ISSUE, ISSUES, CREATE, UPDATE, CREATE_LABEL, COMMENT];

/// Whose key it is.
pub const VIEWER: &str = "query Viewer { viewer { id name } }";

/// The team with this key.
pub const TEAMS: &str = "query Teams($key: String!) { \
    teams(filter: { key: { eq: $key } }, first: 10) { nodes { id key } } }";

/// The team with this key, and this person where it is a member.
pub const MEMBERS: &str = "query Members($key: String!, $account: ID!) { \
    teams(filter: { key: { eq: $key } }, first: 10) { nodes { id key \
    members(filter: { id: { eq: $account } }, first: 10) { nodes { id active } } } } }";

/// The people with this e-mail address.
pub const USERS: &str = "query Users($email: String!) { \
    users(filter: { email: { eqIgnoreCase: $email } }, first: 10) { nodes { id email active } } }";

/// The labels with this name, of the workspace and of all teams.
pub const LABELS: &str = "query Labels($name: String!) { \
    issueLabels(filter: { name: { eqIgnoreCase: $name } }, first: 250) { nodes { id name isGroup team { id } } } }";

/// The states of a team.
pub const STATES: &str = "query States($team: ID!) { \
    workflowStates(filter: { team: { id: { eq: $team } } }, first: 250) { nodes { id type position } } }";

/// One issue, in the trash or not.
pub const ISSUE: &str = "query Issue($id: String!) { \
    issue(id: $id) { id identifier url trashed state { name type } team { id } } }";

/// One page of the issues with these ids.
pub const ISSUES: &str = "query Issues($ids: [ID!]!, $after: String) { \
    issues(filter: { id: { in: $ids } }, first: 100, after: $after, includeArchived: true) { \
    nodes { id identifier url trashed state { name type } } pageInfo { hasNextPage endCursor } } }";

pub const CREATE: &str = "mutation CreateIssue($input: IssueCreateInput!) { \
    issueCreate(input: $input) { success issue { id identifier url trashed state { name type } } } }";

pub const UPDATE: &str = "mutation UpdateIssue($id: String!, $input: IssueUpdateInput!) { \
    issueUpdate(id: $id, input: $input) { success issue { id identifier url trashed state { name type } } } }";

pub const CREATE_LABEL: &str = "mutation CreateLabel($input: IssueLabelCreateInput!) { \
    issueLabelCreate(input: $input) { success issueLabel { id } } }";

pub const COMMENT: &str = "mutation Comment($input: CommentCreateInput!) { \
    commentCreate(input: $input) { success } }";
