// shared/training-set/query.sql.ts: THE query of the training set: rows as they were scored, with the labels as they were known.
//
// Views it reads: archived_rows and archived_outcomes (shared/archive/columns.ts), windows (one row per window) and asked (one row).
// Plain SQL on purpose: engines other than DuckDB run it, too. The precedence of evidence is that of shared/labels/precedence.md; a test
// holds both implementations together. Nothing may be read that became known after a window's `as_of_ms`.

export const trainingSetQuery = `
WITH
-- A row that was sent again after a crash counts once: its first copy.
first_copies AS (
  SELECT portfolio_id, transaction_id, card_token, event_time_ms, "partition", "offset"
  FROM (
    SELECT portfolio_id, transaction_id, card_token, event_time_ms, "partition", "offset",
      row_number() OVER (PARTITION BY portfolio_id, transaction_id ORDER BY "partition", "offset") AS copy
    FROM archived_rows, asked
    WHERE event_time_ms >= asked.first_ms AND event_time_ms < asked.last_ms
      AND archived_rows.feature_version = asked.feature_version AND archived_rows.encoder_version = asked.encoder_version
      AND features IS NOT NULL AND readings IS NOT NULL
  ) AS copies
  WHERE copy = 1
),
scored AS (
  SELECT f.*, w.window_name, w.as_of_ms, w.keep_below, w.genuine_weight
  FROM first_copies AS f JOIN windows AS w ON f.event_time_ms >= w.from_ms AND f.event_time_ms < w.until_ms
),
-- What was known about each of them when its window asked.
known AS (
  SELECT s.portfolio_id, s.transaction_id,
    coalesce(o.source, '') || '|' || o.kind || '|' || coalesce(o.evidence_id, '') AS piece,
    o.kind, o.action, o.label, o.outcome_id, o.labeled_at_ms, o.known_ms,
    coalesce(o.fraud_type, '') AS fraud_type, coalesce(o.dispute_reason_code, '') AS code,
    CASE o.action WHEN 'new' THEN 0 WHEN 'update' THEN 1 WHEN 'reopen' THEN 2 WHEN 'close' THEN 3 ELSE 4 END AS action_order
  FROM scored AS s
  JOIN (
    SELECT archived_outcomes.*,
      CASE WHEN asked.by_receipt THEN greatest(labeled_at_ms, received_at_ms) ELSE labeled_at_ms END AS known_ms
    FROM archived_outcomes, asked
    WHERE kind <> 'account-outcome'
  ) AS o ON o.portfolio_id = s.portfolio_id AND o.transaction_id = s.transaction_id
  WHERE o.known_ms <= s.as_of_ms
),
said AS (
  SELECT * FROM (
    SELECT known.*, row_number() OVER (
      PARTITION BY portfolio_id, transaction_id, piece
      ORDER BY labeled_at_ms DESC, action_order DESC, outcome_id DESC, label DESC, fraud_type DESC, code DESC
    ) AS statement_place
    FROM known WHERE action IN ('new', 'update', 'reopen')
  ) AS statements WHERE statement_place = 1
),
stance AS (
  SELECT portfolio_id, transaction_id, piece, action FROM (
    SELECT known.*, row_number() OVER (
      PARTITION BY portfolio_id, transaction_id, piece
      ORDER BY labeled_at_ms DESC, action_order DESC, outcome_id DESC, label DESC, fraud_type DESC, code DESC
    ) AS stance_place
    FROM known WHERE action IN ('new', 'reopen', 'close')
  ) AS stances WHERE stance_place = 1
),
standing AS (
  SELECT said.*
  FROM said
  LEFT JOIN stance ON stance.portfolio_id = said.portfolio_id AND stance.transaction_id = said.transaction_id
    AND stance.piece = said.piece
  CROSS JOIN asked
  WHERE coalesce(stance.action, 'new') <> 'close' AND said.label IN ('fraud', 'genuine')
    AND NOT (
      said.kind = 'chargeback' AND regexp_matches(upper(trim(said.code)), asked.other_dispute)
      AND NOT regexp_matches(upper(trim(said.code)), asked.fraud_dispute)
    )
),
ranked AS (
  SELECT standing.*,
    coalesce(max(CASE WHEN kind <> 'verdict' THEN labeled_at_ms END)
      OVER (PARTITION BY portfolio_id, transaction_id), -9000000000000000) AS network_ms
  FROM standing
),
labels AS (
  SELECT portfolio_id, transaction_id, label, known_ms FROM (
    SELECT ranked.*, row_number() OVER (
      PARTITION BY portfolio_id, transaction_id
      ORDER BY
        CASE WHEN kind = 'chargeback' THEN 2 WHEN kind = 'fraud-report' THEN 3
          WHEN labeled_at_ms >= network_ms THEN 1 ELSE 4 END,
        labeled_at_ms DESC, label, piece
    ) AS label_place
    FROM ranked
  ) AS places WHERE label_place = 1
),
-- Fraud from the moment it was known; genuine only when mature.
labelled AS (
  SELECT s.*, l.known_ms,
    CASE WHEN l.label = 'fraud' THEN 1 WHEN s.event_time_ms + asked.maturity_ms <= s.as_of_ms THEN 0 END AS label
  FROM scored AS s
  LEFT JOIN labels AS l ON l.portfolio_id = s.portfolio_id AND l.transaction_id = s.transaction_id
  CROSS JOIN asked
),
-- All frauds; of the genuine those whose id hashes below the share, each standing for several.
chosen AS (
  SELECT window_name, portfolio_id, transaction_id, card_token, event_time_ms, label, known_ms, "partition", "offset",
    CASE WHEN label = 1 THEN 1.0 ELSE genuine_weight END AS weight,
    row_number() OVER (ORDER BY event_time_ms, portfolio_id, transaction_id) - 1 AS place
  FROM labelled
  WHERE label = 1 OR (label = 0 AND substr(md5(portfolio_id || '|' || transaction_id), 1, 8) < keep_below)
)
SELECT c.place, c.window_name, c.portfolio_id, c.transaction_id, c.card_token, c.event_time_ms, c.label, c.known_ms, c.weight,
  r.merchant_key, r.event, r.features, r.readings, r.raw_score, r.score, r.model_version
FROM chosen AS c
JOIN archived_rows AS r ON r."partition" = c."partition" AND r."offset" = c."offset"
  AND r.transaction_id = c.transaction_id AND r.portfolio_id = c.portfolio_id
`;

/** One row for each that the query above may give, and some that it will not: rows of the windows that are kept, or that something is known of. */
export const roomQuery = `
SELECT 1
FROM archived_rows AS r, windows AS w
WHERE r.event_time_ms >= w.from_ms AND r.event_time_ms < w.until_ms
  AND (substr(md5(r.portfolio_id || '|' || r.transaction_id), 1, 8) < w.keep_below OR w.keep_below = 'g')
UNION ALL
SELECT 1 FROM archived_outcomes
`;
