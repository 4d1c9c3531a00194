-- Nothing reads it any more. A transaction of its own: with the locks of 0007 it would wait for statements that wait for it.
DROP INDEX "threads_project_id_metadata_idx";
