#!/usr/bin/env python3
"""Cuts what the tests use out of the published descriptions of the trackers' APIs (README.md says where those come from):
    extract.py SWAGGER_OF_JIRA API_OF_GITHUB WEBHOOKS_OF_GITHUB ADF_SCHEMA SCHEMA_OF_LINEAR
Prose and examples are left out; what constrains a call or an answer stays as it is published."""

import json
import pathlib
import re
import sys

PROSE = {
    "description", "summary", "example", "examples", "externalDocs", "operationId", "tags", "security", "xml", "callbacks",
    "deprecated", "servers", "headers", "title", "readOnly", "writeOnly", "default",
}
JIRA = {
    "/myself": "get", "/serverInfo": "get", "/mypermissions": "get", "/project/{projectIdOrKey}": "get",
    "/issue/createmeta/{projectIdOrKey}/issuetypes": "get",
    "/issue/createmeta/{projectIdOrKey}/issuetypes/{issueTypeId}": "get",
    "/issue": "post", "/issue/bulkfetch": "post", "/issue/{issueIdOrKey}": "get put", "/search/jql": "post",
    "/issue/{issueIdOrKey}/editmeta": "get", "/issue/{issueIdOrKey}/transitions": "get post",
    "/issue/{issueIdOrKey}/comment": "get post", "/user/assignable/search": "get",
}
GITHUB = {
    "/app": "get", "/app/installations/{installation_id}/access_tokens": "post", "/user": "get",
    "/users/{username}": "get", "/search/users": "get",
}
REPO = {
    "": "get", "/installation": "get", "/issues": "get post", "/issues/{issue_number}": "get patch",
    "/issues/{issue_number}/comments": "get post", "/issues/{issue_number}/labels": "get post",
    "/issues/{issue_number}/labels/{name}": "delete", "/assignees/{assignee}": "get", "/contents/{path}": "get",
    "/git/ref/{ref}": "get", "/git/refs": "post", "/git/refs/{ref}": "patch", "/git/blobs": "post", "/git/trees": "post",
    "/git/trees/{tree_sha}": "get", "/git/commits": "post", "/git/commits/{commit_sha}": "get", "/pulls": "get post",
    "/pulls/{pull_number}": "get patch", "/pulls/{pull_number}/commits": "get", "/pulls/{pull_number}/reviews": "get",
    "/releases": "get", "/releases/tags/{tag}": "get", "/tags": "get", "/git/tags/{tag_sha}": "get",
    "/git/matching-refs/{ref}": "get", "/compare/{basehead}": "get", "/commits": "get", "/commits/{ref}": "get",
    "/commits/{commit_sha}/pulls": "get", "/milestones": "get", "/deployments": "get",
    "/deployments/{deployment_id}": "get", "/deployments/{deployment_id}/statuses": "get", "/actions/runs": "get",
    "/actions/runs/{run_id}/deployment_protection_rule": "post", "/statuses/{sha}": "post", "/check-runs": "post",
    "/check-runs/{check_run_id}": "patch",
}
LINEAR = ["Entity", "Issue", "UserActor", "UserChild", "WorkflowStateChild", "TeamChild", "IssueLabelChild"]
HOOKS = {
    "issues": ["closed", "reopened", "edited", "deleted", "transferred"],
    "release": ["published", "released", "prereleased", "created", "edited", "deleted", "unpublished"],
    "create": [], "push": [], "milestone": ["created", "closed"], "deployment-status": ["created"],
    "pull-request": ["closed"], "deployment-protection-rule": ["requested"],
}


def at(doc, ref):
    for part in ref.removeprefix("#/").split("/"):
        doc = doc[part.replace("~1", "/").replace("~0", "~")]
    return doc


def plain(value, refs, is_map=False):
    """Without prose. The keys of a map, such as `properties`, are names and stay."""
    if isinstance(value, list):
        return [plain(one, refs) for one in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        refs.append(value["$ref"])
    kept = {k: v for k, v in value.items() if is_map or not (k in PROSE or k.startswith("x-"))}
    maps = {"properties", "schemas", "parameters", "responses", "requestBodies", "content", "patternProperties"}
    return {k: plain(v, refs, k in maps and isinstance(v, dict)) for k, v in kept.items()}


def cut(doc, section, wanted):
    """The wanted entries with all that they refer to."""
    refs, out = [], {section: {}}
    for name, methods in wanted.items():
        entry = {method: plain(doc[section][name][method], refs) for method in methods.split()}
        shared = doc[section][name].get("parameters")
        if shared:
            entry["parameters"] = plain(shared, refs)
        out[section][name] = entry
    components, seen = {}, set()
    while refs:
        ref = refs.pop()
        if ref not in seen:
            seen.add(ref)
            _, _, group, name = ref.split("/", 3)
            components.setdefault(group, {})[name] = plain(at(doc, ref), refs)
    out["components"] = {group: dict(sorted(all_of.items())) for group, all_of in sorted(components.items())}
    return {"openapi": doc["openapi"], "info": {"title": doc["info"]["title"], "version": doc["info"]["version"]}, **out}


def write(name, doc):
    """Each operation and each shape on a line of its own."""
    text = json.dumps(doc, ensure_ascii=False, separators=(",", ":"))
    for group in [*doc.get("paths", {}), *doc.get("webhooks", {}), *doc.get("definitions", {})]:
        text = text.replace(f',{json.dumps(group)}:{{', f',\n{json.dumps(group)}:{{')
    for shapes in doc.get("components", {}).values():
        for shape in shapes:
            text = text.replace(f',{json.dumps(shape)}:{{', f',\n{json.dumps(shape)}:{{', 1)
    path = pathlib.Path(__file__).parent / name
    assert json.loads(text) == doc
    path.write_text(text + "\n")
    print(name, len(text))


def types(sdl, names):
    """Whole types, without their descriptions."""
    sdl = re.sub(r'^ *""".*?""" *\n', "", sdl, flags=re.S | re.M)
    found = (re.search(rf"^type {name}WebhookPayload {{.*?^}}\n", sdl, flags=re.S | re.M) for name in names)
    return "\n".join(re.sub(r"\n\n+", "\n", one.group(0)) for one in found)


def main():
    jira, github, hooks, adf = (json.loads(pathlib.Path(path).read_text()) for path in sys.argv[1:5])
    linear = types(pathlib.Path(sys.argv[5]).read_text(), LINEAR)
    (pathlib.Path(__file__).parent / "linear.webhooks.graphql").write_text(linear)
    write("jira.openapi.json", cut(jira, "paths", {f"/rest/api/3{path}": methods for path, methods in JIRA.items()}))
    repo = {f"/repos/{{owner}}/{{repo}}{path}": methods for path, methods in REPO.items()}
    write("github.openapi.json", cut(github, "paths", {**GITHUB, **repo}))
    events = (f"{event}-{action}" if action else event for event, actions in HOOKS.items() for action in actions or [""])
    write("github.webhooks.json", cut(hooks, "webhooks", {event: "post" for event in events}))
    write("adf.schema.json", adf)


main()
