//! A handle to the workspace, shared by the address that clients call and by the people in its web page.

use std::sync::{Arc, Mutex, PoisonError};

use super::super::{Desk, Hook};
use super::store::Store;

#[derive(Clone, Debug)]
pub struct Service {
    pub desk: Desk,
    store: Arc<Mutex<Store>>,
}

impl Service {
    pub fn new(desk: Desk, store: Store) -> Self {
        Self { desk, store: Arc::new(Mutex::new(store)) }
    }

    /// Nobody else sees or changes the workspace meanwhile.
    pub fn with<R>(&self, f: impl FnOnce(&mut Store) -> R) -> R {
        f(&mut self.store.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A person does something; Linear tells of it.
    pub fn act(&self, f: impl FnOnce(&mut Store) -> Option<Hook>) -> Option<Hook> {
        let hook = self.with(f);
        self.desk.changed();
        hook
    }
}
