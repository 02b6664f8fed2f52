-- products: the products of the weighing system, joined with the catalogue by product code, without regard to case. Products that only one of the two knows are there too.
CREATE OR REPLACE VIEW products AS
WITH catalogue AS (
    -- Of entries whose codes differ in case alone, the one that changed last counts.
    SELECT c.*, ROW_NUMBER() OVER (PARTITION BY LOWER(product_code) ORDER BY updated_at DESC, product_code DESC) AS place
    FROM staging.product_catalogue c
),
joined AS (
    SELECT
        p.plu_number,
        COALESCE(p.product_code, c.product_code) AS product_code,
        UPPER(COALESCE(NULLIF(TRIM(p.description), ''), NULLIF(TRIM(c.description), ''))) AS description,
        p.category,
        p.species AS plu_species,
        c.species AS catalogue_species,
        c.brand,
        c.tier,
        c.customer,
        COALESCE(p.pack_size, c.pack_weight_g) AS pack_size_g,
        p.shelf_life AS shelf_life_days,
        p.allergens,
        c.piece_type,
        COALESCE(p.active, c.active, TRUE) AS active
    FROM staging.plu p
    FULL OUTER JOIN (SELECT * FROM catalogue WHERE place = 1) c ON LOWER(c.product_code) = LOWER(p.product_code)
)
SELECT
    j.plu_number,
    j.product_code,
    j.description,
    j.category,
    COALESCE(d.species, p.species, c.species) AS species,
    j.brand,
    j.tier,
    j.customer,
    j.pack_size_g,
    j.shelf_life_days,
    a.shown AS allergens,
    j.piece_type,
    j.active
FROM joined j
LEFT JOIN allergen_lists a ON a.text = j.allergens
LEFT JOIN words d ON d.text = j.description
LEFT JOIN words p ON p.text = j.plu_species
LEFT JOIN words c ON c.text = j.catalogue_species;
