-- words: what texts say about products and fish. A row per text: its species, its product type, whether it is an exception product, and whether it is Simply Salmon.
--
-- Whole words count, and the order of the lines below decides, not the place in the text: "LEMON SOLE" is sole, "CODDLED" is nothing, and
-- "SMOKED HADDOCK FILLET" is smoked.
CREATE OR REPLACE VIEW words AS
WITH texts AS (
    SELECT description AS text FROM staging.run_numbers
    UNION SELECT description FROM staging.plu
    UNION SELECT species FROM staging.plu
    UNION SELECT UPPER(TRIM(description)) FROM staging.product_catalogue
    UNION SELECT species FROM staging.product_catalogue
    UNION SELECT brand FROM staging.product_catalogue
    UNION SELECT species FROM staging.traceability
    UNION SELECT species FROM staging.run_inputs
),
padded AS (
    -- The blanks at both ends put every word between two characters that belong to no word.
    SELECT text, ' ' || UPPER(text) || ' ' AS said
    FROM texts
    WHERE text IS NOT NULL
)
SELECT
    text,
    CASE
        WHEN regexp_like(said, '[^A-Z0-9_À-ÖØ-Þ]SALMON[^A-Z0-9_À-ÖØ-Þ]') THEN 'salmon'
        WHEN regexp_like(said, '[^A-Z0-9_À-ÖØ-Þ]COD[^A-Z0-9_À-ÖØ-Þ]') THEN 'cod'
        WHEN regexp_like(said, '[^A-Z0-9_À-ÖØ-Þ]HAKE[^A-Z0-9_À-ÖØ-Þ]') THEN 'hake'
        WHEN regexp_like(said, '[^A-Z0-9_À-ÖØ-Þ]HADDOCK[^A-Z0-9_À-ÖØ-Þ]') THEN 'haddock'
        WHEN regexp_like(said, '[^A-Z0-9_À-ÖØ-Þ](SEABASS|SEA +BASS)[^A-Z0-9_À-ÖØ-Þ]') THEN 'seabass'
        WHEN regexp_like(said, '[^A-Z0-9_À-ÖØ-Þ]MACKEREL[^A-Z0-9_À-ÖØ-Þ]') THEN 'mackerel'
        WHEN regexp_like(said, '[^A-Z0-9_À-ÖØ-Þ]PRAWNS?[^A-Z0-9_À-ÖØ-Þ]') THEN 'prawn'
        WHEN regexp_like(said, '[^A-Z0-9_À-ÖØ-Þ]TUNA[^A-Z0-9_À-ÖØ-Þ]') THEN 'tuna'
        WHEN regexp_like(said, '[^A-Z0-9_À-ÖØ-Þ]PLAICE[^A-Z0-9_À-ÖØ-Þ]') THEN 'plaice'
        WHEN regexp_like(said, '[^A-Z0-9_À-ÖØ-Þ]SOLE[^A-Z0-9_À-ÖØ-Þ]') THEN 'sole'
        WHEN regexp_like(said, '[^A-Z0-9_À-ÖØ-Þ]TROUT[^A-Z0-9_À-ÖØ-Þ]') THEN 'trout'
        WHEN regexp_like(said, '[^A-Z0-9_À-ÖØ-Þ]POLLOCK[^A-Z0-9_À-ÖØ-Þ]') THEN 'pollock'
    END AS species,
    CASE
        WHEN regexp_like(said, '[^A-Z0-9_À-ÖØ-Þ]SMOKED[^A-Z0-9_À-ÖØ-Þ]') THEN 'smoked'
        WHEN regexp_like(said, '[^A-Z0-9_À-ÖØ-Þ]BREADED[^A-Z0-9_À-ÖØ-Þ]') THEN 'breaded'
        WHEN regexp_like(said, '[^A-Z0-9_À-ÖØ-Þ]BATTERED[^A-Z0-9_À-ÖØ-Þ]') THEN 'battered'
        WHEN regexp_like(said, '[^A-Z0-9_À-ÖØ-Þ]FILLETS?[^A-Z0-9_À-ÖØ-Þ]') THEN 'fillet'
        WHEN regexp_like(said, '[^A-Z0-9_À-ÖØ-Þ]LOINS?[^A-Z0-9_À-ÖØ-Þ]') THEN 'loin'
        WHEN regexp_like(said, '[^A-Z0-9_À-ÖØ-Þ]PORTIONS?[^A-Z0-9_À-ÖØ-Þ]') THEN 'portion'
        WHEN regexp_like(said, '[^A-Z0-9_À-ÖØ-Þ]STEAKS?[^A-Z0-9_À-ÖØ-Þ]') THEN 'steak'
        WHEN regexp_like(said, '[^A-Z0-9_À-ÖØ-Þ]FISH *CAKES?[^A-Z0-9_À-ÖØ-Þ]') THEN 'fish_cake'
        WHEN regexp_like(said, '[^A-Z0-9_À-ÖØ-Þ]GOUJONS?[^A-Z0-9_À-ÖØ-Þ]') THEN 'goujon'
        WHEN regexp_like(said, '[^A-Z0-9_À-ÖØ-Þ]WHOLE[^A-Z0-9_À-ÖØ-Þ]') THEN 'whole'
    END AS product_type,
    regexp_like(said, '[^A-Z0-9_À-ÖØ-Þ](FAMILY +PACKS?|MARINADES?|SIMPLY +SALMON)[^A-Z0-9_À-ÖØ-Þ]') AS is_exception,
    regexp_like(said, '[^A-Z0-9_À-ÖØ-Þ]SIMPLY +SALMON[^A-Z0-9_À-ÖØ-Þ]') AS is_simply_salmon
FROM padded;
