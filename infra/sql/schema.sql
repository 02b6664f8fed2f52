-- The tables of the ERP as Tideline reads them, in T-SQL. The four tables of the weighing system are in dbo, the factory's own in production.
-- A real ERP has more columns, which Tideline ignores. The names, the keys, and an index on each watermark matter.

CREATE SCHEMA production;
GO

CREATE TABLE [dbo].[RunNumber] (
    [RunNumber] nvarchar(50) NOT NULL,
    [ProductionDate] date NOT NULL,
    [Description] nvarchar(max) NULL,
    [ProductCode] nvarchar(200) NULL,
    [ProdLine] nvarchar(200) NULL,
    [ShiftCode] nvarchar(200) NULL,
    [Spec] nvarchar(200) NULL,
    [Active] bit NULL,
    [Complete] bit NULL,
    [Created] datetime NULL,
    [Updated] datetime NULL,
    CONSTRAINT [PK_RunNumber] PRIMARY KEY ([RunNumber], [ProductionDate])
);
CREATE INDEX [IX_RunNumber_Updated] ON [dbo].[RunNumber] ([Updated], [RunNumber], [ProductionDate]);
CREATE INDEX [IX_RunNumber_Created] ON [dbo].[RunNumber] ([Created], [RunNumber], [ProductionDate]);
GO

CREATE TABLE [dbo].[SI_OCM_TRANS] (
    [TransNo] bigint NOT NULL,
    [RunNumber] nvarchar(200) NULL,
    [TransDate] datetime NULL,
    [ProductCode] nvarchar(200) NULL,
    [Weight] decimal(12, 3) NULL,
    [TargetWeight] decimal(12, 3) NULL,
    [Tare] decimal(12, 3) NULL,
    [NetWeight] decimal(12, 3) NULL,
    [Overweight] decimal(12, 3) NULL,
    [Barcode] nvarchar(200) NULL,
    [LabelPrinted] bit NULL,
    [ScannerPass] bit NULL,
    [ProdLine] nvarchar(200) NULL,
    [OperatorID] nvarchar(200) NULL,
    CONSTRAINT [PK_SI_OCM_TRANS] PRIMARY KEY ([TransNo])
);
CREATE INDEX [IX_SI_OCM_TRANS_TransDate] ON [dbo].[SI_OCM_TRANS] ([TransDate], [TransNo]);
GO

CREATE TABLE [dbo].[SI_OCM_PLU] (
    [PLUNumber] bigint NOT NULL,
    [Description] nvarchar(max) NULL,
    [ProductCode] nvarchar(200) NULL,
    [Category] nvarchar(200) NULL,
    [Species] nvarchar(200) NULL,
    [PackSize] decimal(12, 3) NULL,
    [ShelfLife] int NULL,
    [Allergens] nvarchar(200) NULL,
    [Active] bit NULL,
    [Updated] datetime NULL,
    CONSTRAINT [PK_SI_OCM_PLU] PRIMARY KEY ([PLUNumber])
);
CREATE INDEX [IX_SI_OCM_PLU_Updated] ON [dbo].[SI_OCM_PLU] ([Updated], [PLUNumber]);
GO

CREATE TABLE [dbo].[SI_OCM_TOTALS] (
    [RunNumber] nvarchar(50) NOT NULL,
    [TotalPacks] int NULL,
    [TotalWeight] decimal(12, 3) NULL,
    [AvgWeight] decimal(12, 3) NULL,
    [MinWeight] decimal(12, 3) NULL,
    [MaxWeight] decimal(12, 3) NULL,
    [StdDev] decimal(12, 3) NULL,
    [Giveaway] decimal(12, 3) NULL,
    [GiveawayPct] decimal(12, 3) NULL,
    [RejectCount] int NULL,
    [DowntimeMins] int NULL,
    [Updated] datetime NULL,
    CONSTRAINT [PK_SI_OCM_TOTALS] PRIMARY KEY ([RunNumber])
);
CREATE INDEX [IX_SI_OCM_TOTALS_Updated] ON [dbo].[SI_OCM_TOTALS] ([Updated], [RunNumber]);
GO

CREATE TABLE [production].[prod_lines] (
    [line_id] nvarchar(50) NOT NULL,
    [line_name] nvarchar(200) NULL,
    [line_type] nvarchar(200) NULL,
    [area] nvarchar(200) NULL,
    [max_capacity_kg] decimal(12, 3) NULL,
    [active] bit NULL,
    [updated_at] datetime2(3) NULL,
    CONSTRAINT [PK_prod_lines] PRIMARY KEY ([line_id])
);
CREATE INDEX [IX_prod_lines_updated_at] ON [production].[prod_lines] ([updated_at], [line_id]);
GO

CREATE TABLE [production].[product_catalogue] (
    [product_code] nvarchar(50) NOT NULL,
    [description] nvarchar(max) NULL,
    [brand] nvarchar(200) NULL,
    [species] nvarchar(200) NULL,
    [tier] int NULL,
    [pack_weight_g] decimal(12, 3) NULL,
    [pieces_per_pack] int NULL,
    [piece_weight_g] decimal(12, 3) NULL,
    [piece_type] nvarchar(200) NULL,
    [customer] nvarchar(200) NULL,
    [hazard_class] nvarchar(200) NULL,
    [active] bit NULL,
    [updated_at] datetime2(3) NULL,
    CONSTRAINT [PK_product_catalogue] PRIMARY KEY ([product_code])
);
CREATE INDEX [IX_product_catalogue_updated_at] ON [production].[product_catalogue] ([updated_at], [product_code]);
GO

CREATE TABLE [production].[traceability] (
    [trace_id] nvarchar(50) NOT NULL,
    [batch_code] nvarchar(200) NULL,
    [supplier] nvarchar(200) NULL,
    [species] nvarchar(200) NULL,
    [grade] nvarchar(200) NULL,
    [catch_area] nvarchar(200) NULL,
    [catch_method] nvarchar(200) NULL,
    [vessel_name] nvarchar(200) NULL,
    [landing_date] date NULL,
    [kill_date] date NULL,
    [received_date] date NULL,
    [received_temp_c] decimal(12, 3) NULL,
    [qty_kg] decimal(12, 3) NULL,
    [use_by_date] date NULL,
    [country_origin] nvarchar(200) NULL,
    [certified] nvarchar(200) NULL,
    [updated_at] datetime2(3) NULL,
    CONSTRAINT [PK_traceability] PRIMARY KEY ([trace_id])
);
CREATE INDEX [IX_traceability_updated_at] ON [production].[traceability] ([updated_at], [trace_id]);
GO

CREATE TABLE [production].[run_sheets] (
    [run_number] nvarchar(50) NOT NULL,
    [production_date] date NOT NULL,
    [target_qty_kg] decimal(12, 3) NULL,
    [baskets] int NULL,
    [start_label] int NULL,
    [end_label] int NULL,
    [pack_date] date NULL,
    [shelf_life_adjustment] int NULL,
    [started_at] datetime2(3) NULL,
    [finished_at] datetime2(3) NULL,
    [recorded_by] nvarchar(200) NULL,
    [updated_at] datetime2(3) NULL,
    CONSTRAINT [PK_run_sheets] PRIMARY KEY ([run_number], [production_date])
);
CREATE INDEX [IX_run_sheets_updated_at] ON [production].[run_sheets] ([updated_at], [run_number], [production_date]);
GO

CREATE TABLE [production].[run_inputs] (
    [input_id] bigint NOT NULL,
    [run_number] nvarchar(200) NULL,
    [batch_code] nvarchar(200) NULL,
    [grade] nvarchar(200) NULL,
    [species] nvarchar(200) NULL,
    [qty_kg] decimal(12, 3) NULL,
    [updated_at] datetime2(3) NULL,
    CONSTRAINT [PK_run_inputs] PRIMARY KEY ([input_id])
);
CREATE INDEX [IX_run_inputs_updated_at] ON [production].[run_inputs] ([updated_at], [input_id]);
GO

CREATE TABLE [production].[run_outputs] (
    [output_id] bigint NOT NULL,
    [run_number] nvarchar(200) NULL,
    [product_code] nvarchar(200) NULL,
    [tier] int NULL,
    [piece_type] nvarchar(200) NULL,
    [source_grade] nvarchar(200) NULL,
    [qty_packs] int NULL,
    [qty_kg] decimal(12, 3) NULL,
    [updated_at] datetime2(3) NULL,
    CONSTRAINT [PK_run_outputs] PRIMARY KEY ([output_id])
);
CREATE INDEX [IX_run_outputs_updated_at] ON [production].[run_outputs] ([updated_at], [output_id]);
GO

CREATE TABLE [production].[batch_lineage] (
    [lineage_id] bigint NOT NULL,
    [run_number] nvarchar(200) NULL,
    [batch_code] nvarchar(200) NULL,
    [direction] nvarchar(200) NULL,
    [return_method] nvarchar(200) NULL,
    [new_batch_code] nvarchar(200) NULL,
    [parent_batch] nvarchar(200) NULL,
    [grade] nvarchar(200) NULL,
    [qty_kg] decimal(12, 3) NULL,
    [scan_time] datetime2(3) NULL,
    [updated_at] datetime2(3) NULL,
    CONSTRAINT [PK_batch_lineage] PRIMARY KEY ([lineage_id])
);
CREATE INDEX [IX_batch_lineage_updated_at] ON [production].[batch_lineage] ([updated_at], [lineage_id]);
GO

CREATE TABLE [production].[temperature_logs] (
    [log_id] bigint NOT NULL,
    [location] nvarchar(200) NULL,
    [reading_time] datetime2(3) NULL,
    [temp_celsius] decimal(12, 3) NULL,
    [target_min] decimal(12, 3) NULL,
    [target_max] decimal(12, 3) NULL,
    [recorded_by] nvarchar(200) NULL,
    [updated_at] datetime2(3) NULL,
    CONSTRAINT [PK_temperature_logs] PRIMARY KEY ([log_id])
);
CREATE INDEX [IX_temperature_logs_updated_at] ON [production].[temperature_logs] ([updated_at], [log_id]);
GO

CREATE TABLE [production].[non_conformance] (
    [nc_id] bigint NOT NULL,
    [nc_date] date NULL,
    [run_number] nvarchar(200) NULL,
    [product_code] nvarchar(200) NULL,
    [nc_type] nvarchar(200) NULL,
    [severity] nvarchar(200) NULL,
    [description] nvarchar(max) NULL,
    [root_cause] nvarchar(max) NULL,
    [corrective_action] nvarchar(max) NULL,
    [raised_by] nvarchar(200) NULL,
    [closed_by] nvarchar(200) NULL,
    [closed_date] date NULL,
    [status] nvarchar(200) NULL,
    [updated_at] datetime2(3) NULL,
    CONSTRAINT [PK_non_conformance] PRIMARY KEY ([nc_id])
);
CREATE INDEX [IX_non_conformance_updated_at] ON [production].[non_conformance] ([updated_at], [nc_id]);
GO

CREATE TABLE [production].[case_verification] (
    [verify_id] bigint NOT NULL,
    [run_number] nvarchar(200) NULL,
    [label_seq] int NULL,
    [case_barcode] nvarchar(200) NULL,
    [expected_plu] nvarchar(200) NULL,
    [scanned_plu] nvarchar(200) NULL,
    [scan_time] datetime2(3) NULL,
    [scanner_id] nvarchar(200) NULL,
    [prod_line] nvarchar(200) NULL,
    [updated_at] datetime2(3) NULL,
    CONSTRAINT [PK_case_verification] PRIMARY KEY ([verify_id])
);
CREATE INDEX [IX_case_verification_updated_at] ON [production].[case_verification] ([updated_at], [verify_id]);
GO

CREATE TABLE [production].[despatch] (
    [despatch_id] bigint NOT NULL,
    [order_number] nvarchar(200) NULL,
    [customer] nvarchar(200) NULL,
    [product_code] nvarchar(200) NULL,
    [batch_code] nvarchar(200) NULL,
    [run_number] nvarchar(200) NULL,
    [qty_cases] int NULL,
    [qty_kg] decimal(12, 3) NULL,
    [despatch_date] date NULL,
    [delivery_date] date NULL,
    [vehicle_temp_c] decimal(12, 3) NULL,
    [status] nvarchar(200) NULL,
    [updated_at] datetime2(3) NULL,
    CONSTRAINT [PK_despatch] PRIMARY KEY ([despatch_id])
);
CREATE INDEX [IX_despatch_updated_at] ON [production].[despatch] ([updated_at], [despatch_id]);
GO

CREATE TABLE [production].[shifts] (
    [shift_id] bigint NOT NULL,
    [shift_date] date NULL,
    [shift_code] nvarchar(200) NULL,
    [line_id] nvarchar(200) NULL,
    [headcount] int NULL,
    [planned_hours] decimal(12, 3) NULL,
    [actual_hours] decimal(12, 3) NULL,
    [overtime_hours] decimal(12, 3) NULL,
    [output_kg] decimal(12, 3) NULL,
    [updated_at] datetime2(3) NULL,
    CONSTRAINT [PK_shifts] PRIMARY KEY ([shift_id])
);
CREATE INDEX [IX_shifts_updated_at] ON [production].[shifts] ([updated_at], [shift_id]);
GO

CREATE TABLE [production].[downgrade_log] (
    [downgrade_id] bigint NOT NULL,
    [run_number] nvarchar(200) NULL,
    [from_product] nvarchar(200) NULL,
    [to_product] nvarchar(200) NULL,
    [from_tier] int NULL,
    [to_tier] int NULL,
    [reason] nvarchar(200) NULL,
    [qty_kg] decimal(12, 3) NULL,
    [logged_at] datetime2(3) NULL,
    CONSTRAINT [PK_downgrade_log] PRIMARY KEY ([downgrade_id])
);
CREATE INDEX [IX_downgrade_log_logged_at] ON [production].[downgrade_log] ([logged_at], [downgrade_id]);
GO
