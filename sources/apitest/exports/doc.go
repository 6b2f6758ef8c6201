// Package exports is the part of an apitest.API that hands out files by jobs: a client
// asks for a job, polls it until it is ready, and downloads its files.
//
//	jobs := &exports.Server{Files: exports.Parts(3, 400, "csv.gz"), Pending: 2}
//	api := apitest.New(apitest.Extended(jobs))
//
// # Requests
//
//	POST /exports                           any body, perhaps {"from":…,"to":…}. 202 and
//	                                        Location; 429 where MaxJobs run. The same job
//	                                        again for the same Idempotency-Key
//	GET /exports/job-1                      {"id":"job-1","status":"ready","progress":100,
//	                                         "files":[{"url":"…","name":"part-000.csv","rows":100}]}
//	DELETE /exports/job-1                   204; the files are gone too
//	GET /files/job-1/0?expires=…&sig=…      with ETag, Last-Modified, Range, If-Range
//	GET /listing                            files without a job, see [Server.Listing]
//	POST /graphql                           bulk operations: bulkOperationRunQuery,
//	                                        bulkOperationCancel, currentBulkOperation,
//	                                        bulkOperation(id:), node(id:)
//
// The status goes from pending by running to ready, or to what [FailJob] says. Files
// refuse in XML, as stores of files do: 403 AccessDenied for a link that expired,
// 400 InvalidArgument where FilesBase is set and credentials come along. Links that are
// signed need no credentials, whatever [apitest.RequireBearer] says. [Server.Jobs],
// [Server.Downloads] and [Server.Repeated] tell what clients did.
//
// What goes wrong is told by the script, as elsewhere:
//
//	OnPath("/exports", 1, Status(503))                    a submission is refused
//	OnPath("/exports", 1, Reset())                        its answer is lost, the job is made
//	OnPath("/exports/job-1", 2, FailJob("error"))         a job fails at its second poll
//	OnPath("/exports/job-1", 2, ForgetJob(404))           or is forgotten
//	OnPath("/files/job-1/3", 1, ForgetJob(410))           or while it is downloaded
//	OnPath("/files/job-1/3", 1, ExpireLinks())            all links so far expire
//	Under("/files/", 1, 2, CutBody(1000))                 each download breaks twice
//	Under("/files/", 1, 0, IgnoreRange())                 there are no ranges
//	OnPath("/files/job-1/0", 2, ChangeFile(f))            the file is another one now
//	Under("/files/", 2, 2, Header("Content-Range", "…"))  a wrong range
//	Under("/files/", 1, 0, Drip(time.Second, 1000))       a slow download
package exports
