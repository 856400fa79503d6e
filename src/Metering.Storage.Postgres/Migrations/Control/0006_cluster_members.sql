-- Who is a member of the cluster, where several silos share the partitions. The columns, parameters and keys of the queries are what
-- Microsoft.Orleans.Clustering.AdoNet expects, after its public scripts (PostgreSQL-Main.sql, PostgreSQL-Clustering.sql): it reads
-- these texts from OrleansQuery and runs them. Every change raises the version it was made for, in one statement: two processes that
-- saw the same version cannot both change it.
CREATE TABLE cluster_version (
    deployment_id text COLLATE "C" PRIMARY KEY,
    version       int         NOT NULL DEFAULT 0,
    changed_at    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE cluster_member (
    deployment_id text COLLATE "C" NOT NULL REFERENCES cluster_version (deployment_id),
    address       text COLLATE "C" NOT NULL,
    port          int         NOT NULL,
    generation    int         NOT NULL,
    silo_name     text        NOT NULL,
    host_name     text        NOT NULL,
    status        int         NOT NULL,
    proxy_port    int,
    suspect_times text,
    started_at    timestamptz NOT NULL,
    alive_at      timestamptz NOT NULL,
    PRIMARY KEY (deployment_id, address, port, generation)
);

CREATE TABLE OrleansQuery (
    QueryKey  text COLLATE "C" PRIMARY KEY,
    QueryText text NOT NULL
);

INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('InsertMembershipVersionKey', $query$
    WITH made AS (
        INSERT INTO cluster_version (deployment_id) VALUES (@DeploymentId) ON CONFLICT DO NOTHING RETURNING 1)
    SELECT count(*)::int FROM made
$query$),
('InsertMembershipKey', $query$
    WITH raised AS (
        UPDATE cluster_version SET version = version + 1, changed_at = now()
        WHERE deployment_id = @DeploymentId AND version = @Version AND NOT EXISTS (
            SELECT FROM cluster_member
            WHERE deployment_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
        RETURNING 1),
    made AS (
        INSERT INTO cluster_member (
            deployment_id, address, port, generation, silo_name, host_name, status, proxy_port, started_at, alive_at)
        SELECT @DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime
        FROM raised
        RETURNING 1)
    SELECT count(*)::int FROM made
$query$),
('UpdateMembershipKey', $query$
    WITH raised AS (
        UPDATE cluster_version SET version = version + 1, changed_at = now()
        WHERE deployment_id = @DeploymentId AND version = @Version AND EXISTS (
            SELECT FROM cluster_member
            WHERE deployment_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
        RETURNING 1),
    changed AS (
        UPDATE cluster_member SET status = @Status, suspect_times = @SuspectTimes, alive_at = @IAmAliveTime
        FROM raised
        WHERE deployment_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation
        RETURNING 1)
    SELECT count(*)::int FROM changed
$query$),
('UpdateIAmAlivetimeKey', $query$
    UPDATE cluster_member SET alive_at = @IAmAliveTime
    WHERE deployment_id = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation
$query$),
('MembershipReadRowKey', $query$
    SELECT version.deployment_id AS DeploymentId, address AS Address, port AS Port, generation AS Generation, silo_name AS SiloName,
        host_name AS HostName, status AS Status, proxy_port AS ProxyPort, suspect_times AS SuspectTimes, started_at AS StartTime,
        alive_at AS IAmAliveTime, version.version AS Version
    FROM cluster_version AS version LEFT JOIN cluster_member AS member ON member.deployment_id = version.deployment_id
        AND address = @Address AND port = @Port AND generation = @Generation
    WHERE version.deployment_id = @DeploymentId
$query$),
('MembershipReadAllKey', $query$
    SELECT version.deployment_id AS DeploymentId, address AS Address, port AS Port, generation AS Generation, silo_name AS SiloName,
        host_name AS HostName, status AS Status, proxy_port AS ProxyPort, suspect_times AS SuspectTimes, started_at AS StartTime,
        alive_at AS IAmAliveTime, version.version AS Version
    FROM cluster_version AS version LEFT JOIN cluster_member AS member ON member.deployment_id = version.deployment_id
    WHERE version.deployment_id = @DeploymentId
$query$),
('GatewaysQueryKey', $query$
    SELECT address AS Address, proxy_port AS ProxyPort, generation AS Generation
    FROM cluster_member WHERE deployment_id = @DeploymentId AND status = @Status AND proxy_port > 0
$query$),
('DeleteMembershipTableEntriesKey', $query$
    WITH members AS (DELETE FROM cluster_member WHERE deployment_id = @DeploymentId)
    DELETE FROM cluster_version WHERE deployment_id = @DeploymentId
$query$),
-- 3 is active.
('CleanupDefunctSiloEntriesKey', $query$
    DELETE FROM cluster_member WHERE deployment_id = @DeploymentId AND alive_at < @IAmAliveTime AND status <> 3
$query$);
