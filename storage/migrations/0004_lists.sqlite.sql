-- Open leads in the order in which they are listed: the longest unanswered first, everybody's and one manager's.
CREATE INDEX lead_listed ON lead ((unanswered_since IS NULL), unanswered_since, opened_at, id)
    WHERE state IN ('waiting', 'assigned', 'active');
CREATE INDEX lead_listed_of ON lead (manager_id, (unanswered_since IS NULL), unanswered_since, opened_at, id)
    WHERE state IN ('waiting', 'assigned', 'active');
DROP INDEX lead_manager;

-- A lead's threads, its card's too; a manager may reply to the card.
CREATE INDEX desk_thread_lead ON desk_thread (lead_id);
CREATE INDEX desk_thread_card ON desk_thread (chat_id, card_id);
