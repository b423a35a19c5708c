//! Words by which Jira's sites name a close without a success: names are translated, and each site makes its own.

/// The beginnings of such names.
const BEGINNINGS: [&str; 6] = ["not ", "no ", "non ", "não ", "nicht ", "niet "];

/// Parts of such names: English, German, French, Spanish, and what their neighbours share with them.
const STEMS: [&str; 43] = [
    "won't",
    "wont ",
    "will not",
    "duplic",
    "declin",
    "reject",
    "reprodu",
    "obsol",
    "abandon",
    "invalid",
    "inválid",
    "cancel",
    "incomplet",
    "withdrawn",
    "discard",
    "wird nicht",
    "doublon",
    "duplik",
    "abgelehnt",
    "verworfen",
    "ungültig",
    "unvollständig",
    "abgebrochen",
    "storniert",
    "reproduz",
    "zurückgewiesen",
    "veraltet",
    "hinfällig",
    "ne sera pas",
    "ne seront pas",
    "refus",
    "rejet",
    "annul",
    "caduc",
    "rechaz",
    "descart",
    "no se ",
    "anulad",
    "non verrà",
    "rifiutat",
    "wordt niet",
    "afgewezen",
    "geannuleerd",
];

/// Parts of names that say it will not be done, for whatever reason.
const REFUSALS: [&str; 9] =
    ["won't", "wont ", "will not", "wird nicht", "ne sera pas", "ne seront pas", "no se ", "non verrà", "wordt niet"];

/// Parts of names that say it is done.
const SUCCESSES: [&str; 20] = [
    "done",
    "fixed",
    "resolved",
    "complete",
    "implemented",
    "erledigt",
    "behoben",
    "fertig",
    "gelöst",
    "umgesetzt",
    "abgeschlossen",
    "terminé",
    "résolu",
    "corrigé",
    "fini",
    "hecho",
    "resuelt",
    "corregid",
    "listo",
    "finalizad",
];

fn plain(name: &str) -> String {
    name.trim().to_lowercase().replace(['’', '‘', 'ʼ', '`', '´'], "'")
}

fn holds(name: &str, parts: &[&str]) -> bool {
    parts.iter().any(|part| name.contains(part))
}

/// Whether a resolution, a status or a transition of this name stands for a close without a success.
pub fn is_wont(name: &str) -> bool {
    let name = plain(name);
    BEGINNINGS.iter().any(|beginning| name.starts_with(beginning)) || holds(&name, &STEMS)
}

/// Whether it says plainly that it will not be done, as against a duplicate or an error.
pub fn is_refusal(name: &str) -> bool {
    is_wont(name) && holds(&plain(name), &REFUSALS)
}

/// Whether it says plainly that it is done.
pub fn is_success(name: &str) -> bool {
    !is_wont(name) && holds(&plain(name), &SUCCESSES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_close_without_a_success_is_told_by_its_name() {
        for name in [
            "Won't Do",
            "Won’t Fix",
            "Wont Fix",
            "WON'T DO",
            "Duplicate",
            "Declined",
            "Rejected",
            "Cannot Reproduce",
            "Obsolete",
            "Abandoned",
            "Invalid",
            "Canceled",
            "Cancelled",
            "Incomplete",
            "Not a Bug",
            "Will not be done",
            "Wird nicht erledigt",
            "Duplikat",
            "Abgelehnt",
            "Nicht reproduzierbar",
            "Storniert",
            "Abgebrochen",
            "Ne sera pas fait",
            "Doublon",
            "Refusé",
            "Annulé",
            "Rejeté",
            "Obsolète",
            "Impossible à reproduire",
            "No se hará",
            "Duplicado",
            "Rechazado",
            "Cancelada",
            "Descartado",
        ] {
            assert!(is_wont(name) && !is_success(name), "{name}");
        }
        for name in [
            "Done",
            "Fixed",
            "Resolved",
            "Closed",
            "Completed",
            "Released",
            "Erledigt",
            "Fertig",
            "Geschlossen",
            "Terminé",
            "Résolu",
            "Hecho",
            "Cerrado",
            "Listo",
            "Notified",
            "Nordic launch",
            "Known",
            "Fermé",
            "",
        ] {
            assert!(!is_wont(name), "{name}");
        }
        assert!(is_refusal("Won’t Do") && is_refusal("Wird nicht erledigt") && !is_refusal("Duplicate"));
        assert!(is_success("Erledigt") && !is_success("Closed"));
    }
}
