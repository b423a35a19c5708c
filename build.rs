//! A new migration is compiled in: <https://docs.rs/sqlx/latest/sqlx/macro.migrate.html#triggering-recompilation-on-changes>

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
