use std::collections::HashMap;

use futures_util::{StreamExt, stream};

use super::{Bus, CommandRequest, DispatchError, DispatchOptions, Dispatchable};
use crate::id::TenantId;
use crate::metadata::Metadata;

impl Bus {
    /// Sends many commands; tells how each ended, in the order in which they were given.
    ///
    /// Several run at the same time, at most [`BusOptions::concurrency`](super::BusOptions::concurrency); those for
    /// the same aggregate one after the other in their order, whether the one before was refused or not. Each is a
    /// dispatch and a commit of its own: for all or none of them use a [`Session`](super::Session).
    ///
    /// Dropping the future lets go of those that have not ended.
    pub async fn dispatch_all<C, To>(
        &self,
        tenant: &TenantId,
        metadata: &Metadata,
        commands: impl IntoIterator<Item = C>,
    ) -> Vec<Result<C::Answer, DispatchError<C::Error>>>
    where
        C: Dispatchable<To>,
    {
        let mut lanes: Vec<Vec<(usize, CommandRequest)>> = Vec::new();
        let mut lane_of: HashMap<String, usize> = HashMap::new();
        for (place, command) in commands.into_iter().enumerate() {
            let request = self.request(tenant, metadata, command, DispatchOptions::new());
            let id = request.aggregate_id().map(|id| id.into_owned());
            match id.as_ref().and_then(|id| lane_of.get(id)) {
                Some(lane) => lanes[*lane].push((place, request)),
                None => {
                    if let Some(id) = id {
                        lane_of.insert(id, lanes.len());
                    }
                    lanes.push(vec![(place, request)]);
                }
            }
        }
        let runs = lanes.into_iter().map(|lane| async move {
            let mut answers = Vec::with_capacity(lane.len());
            for (place, request) in lane {
                answers.push((place, self.answer::<C, To>(request).await));
            }
            answers
        });
        let mut answers: Vec<_> = stream::iter(runs)
            .buffer_unordered(self.core.options.concurrency.max(1))
            .collect::<Vec<_>>()
            .await
            .into_iter()
            .flatten()
            .collect();
        answers.sort_by_key(|(place, _)| *place);
        answers.into_iter().map(|(_, answer)| answer).collect()
    }
}
